package container

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// example returns a file with a plain and an aligned section.
func example(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, Plain)
	w.Section("small", 13)
	w.Byte(7)
	w.Uint32(8)
	w.Uint64(9)
	w.End()
	w.AlignedSection("rows", 24)
	w.Bytes(AsBytes([]float32{1, 2, 3, 4, 5, 6}))
	w.End()
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read reads the example from a stream.
func read(file []byte) ([]byte, error) {
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	payload := make([]byte, 13+24)
	for _, step := range []func() error{
		func() error { return r.Section("small") },
		func() error { return r.Expect(13) },
		func() error { p, err := r.Next(1); copy(payload, p); return err },
		func() error { return r.Fill(payload[1:13]) },
		r.End,
		func() error { return r.AlignedSection("rows") },
		func() error { return r.Expect(24) },
		func() error { return r.Fill(payload[13:]) },
		r.End, r.Finish,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return payload, nil
}

// open reads the example as an image.
func open(file []byte) ([]byte, error) {
	m, err := NewImage(file)
	if err != nil {
		return nil, err
	}
	if m.Version() != firstBlocked-1 {
		return nil, Damaged("header", "version %d", m.Version())
	}
	small, err := m.Section("small")
	if err != nil {
		return nil, err
	}
	rows, err := m.AlignedSection("rows", 3, 8)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(small.Check(), rows.Check(), m.Finish()); err != nil {
		return nil, err
	}
	return append(bytes.Clone(small.Payload()), rows.Payload()...), nil
}

// Both readers accept what was written and refuse every file in which a byte is
// changed, missing or added.
func TestDamage(t *testing.T) {
	file := example(t)
	want := append([]byte{7}, binary.LittleEndian.AppendUint64([]byte{8, 0, 0, 0}, 9)...)
	want = append(want, AsBytes([]float32{1, 2, 3, 4, 5, 6})...)
	for name, read := range map[string]func([]byte) ([]byte, error){"Reader": read, "Image": open} {
		got, err := read(file)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s: read %v, want %v: %v", name, got, want, err)
		}
		for i := range file {
			for _, mask := range []byte{1, 0x81, 0xff} {
				changed := bytes.Clone(file)
				changed[i] ^= mask
				if _, err := read(changed); err == nil || fault.Hint(err) == "" {
					t.Errorf("%s: byte %d ^ %#x: error %v", name, i, mask, err)
				}
			}
			if _, err := read(file[:i]); !errors.Is(err, io.ErrUnexpectedEOF) || fault.Hint(err) == "" {
				t.Errorf("%s: truncated to %d of %d bytes: error %v", name, i, len(file), err)
			}
		}
		if _, err := read(append(bytes.Clone(file), 0)); err == nil {
			t.Errorf("%s: accepted an extra byte", name)
		}
	}
}

func TestMap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.lvx")
	if err := os.WriteFile(path, example(t), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m := Map(f)
	if m == nil {
		t.Skip("this system cannot map files")
	}
	if _, err := open(m); err != nil {
		t.Error(err)
	}
	m[0] = 0 // a copy of the page
	Unmap(m)
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, example(t)) {
		t.Errorf("a write to the memory changed the file: %v", err)
	}
}
