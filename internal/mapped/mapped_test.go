package mapped

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
)

// The check value of CRC-32C is that of RFC 3720 for "123456789".
func TestSums(t *testing.T) {
	s := NewSums(9)
	for _, part := range []string{"1", "23456", "789123", "456789", "\x00"} {
		s.Write([]byte(part))
	}
	s.End()
	s.End()
	if want := []byte("\x83\x92\x06\xe3\x83\x92\x06\xe3\x51\x53\x7d\x52"); !bytes.Equal(s.List(), want) {
		t.Errorf("%x, want %x", s.List(), want)
	}
}

func TestBlocks(t *testing.T) {
	const size = 16
	p := make([]byte, 5*size+3)
	for i := range p {
		p[i] = byte(i * i)
	}
	s := NewSums(size)
	s.Write(p)
	s.End()
	if len(s.List()) != 4*Count(len(p), size) {
		t.Fatalf("%d bytes of checksums", len(s.List()))
	}
	for at := range p {
		p[at] ^= 4
		b := NewBlocks(p, s.List(), size)
		from := at / size * size
		until := min(len(p), from+size)
		if err := b.Check(0, from); err != nil {
			t.Fatalf("byte %d: the blocks before it: %v", at, err)
		}
		if err := b.Check(until, len(p)); err != nil {
			t.Fatalf("byte %d: the blocks after it: %v", at, err)
		}
		for _, r := range [][2]int{{at, at + 1}, {from, until}, {0, len(p)}} {
			var bad *Mismatch
			if err := b.Check(r[0], r[1]); !errors.As(err, &bad) || bad.At != from {
				t.Fatalf("byte %d: error %v", at, err)
			}
		}
		p[at] ^= 4
		if err := b.Check(0, len(p)); err != nil {
			t.Fatal(err)
		}
		p[at] ^= 4
		if err := b.Check(at, at+1); err != nil { // compared before
			t.Fatal(err)
		}
		p[at] ^= 4
	}
}

// A file that is truncated while it is mapped gives an error.
func TestIsFault(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a mapped file cannot be truncated")
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, bytes.Repeat([]byte("x"), 1<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m := Map(f)
	if m == nil {
		t.Skip("files cannot be mapped")
	}
	defer Unmap(m)
	if err := os.Truncate(path, 1<<16); err != nil {
		t.Fatal(err)
	}
	gone := errors.New("the file is gone")
	read := func(at int) (b byte, err error) {
		was := debug.SetPanicOnFault(true)
		defer func() {
			debug.SetPanicOnFault(was)
			if IsFault(recover()) {
				err = gone
			}
		}()
		return m[at], nil
	}
	if b, err := read(0); b != 'x' || err != nil {
		t.Errorf("%c, %v", b, err)
	}
	if _, err := read(1 << 19); err != gone {
		t.Errorf("error %v", err)
	}
	if debug.SetPanicOnFault(false) {
		t.Error("faults of the goroutine are still caught")
	}
}
