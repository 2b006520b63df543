package text

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/klauspost/compress/zstd"

	"github.com/luminavec/luminavec/internal/fault"
)

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	b := corporatest.WriteFile(t, dir, "b.txt", "bb\n")
	a := corporatest.WriteFile(t, dir, "a.txt", "a\n")
	deep := corporatest.WriteFile(t, dir, "sub/c.txt", "c")
	corporatest.WriteFile(t, dir, ".hidden", "no")
	corporatest.WriteFile(t, dir, ".git/config", "no")
	odd := corporatest.WriteFile(t, dir, "odd[1].log", "odd")
	if err := os.Symlink(a, filepath.Join(dir, "link.txt")); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link.txt")
	if err := os.Symlink(dir, filepath.Join(dir, "sub", "loop")); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		paths, names []string
		size         int64
	}{
		{[]string{b, a}, []string{b, a}, 5},
		{[]string{dir}, []string{a, b, link, odd, deep}, 11},
		{[]string{dir + "/"}, []string{a, b, link, odd, deep}, 11},
		{[]string{filepath.Join(dir, "sub", "loop")}, nil, 11},
		{[]string{filepath.Join(dir, "?.txt")}, []string{a, b}, 5},
		{[]string{filepath.Join(dir, "s*")}, []string{deep}, 1},
		{[]string{odd}, []string{odd}, 3},
		{[]string{a, "-"}, []string{a, "-"}, 0},
	}
	for _, test := range tests {
		s, err := Open(test.paths...)
		if err != nil {
			t.Errorf("%q: %v", test.paths, err)
			continue
		}
		if test.names != nil && !slices.Equal(s.Names(), test.names) || s.Size() != test.size {
			t.Errorf("%q: %q, %d bytes; want %q, %d", test.paths, s.Names(), s.Size(), test.names, test.size)
		}
	}
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // files can be read again
		lines, err := readAll(t, s)
		if err != nil || strings.Join(lines, "|") != "a|bb|a|odd|c" || s.Consumed() != 11 {
			t.Errorf("lines %q, consumed %d, error %v", lines, s.Consumed(), err)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.MkdirAll(filepath.Join(empty, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	corporatest.WriteFile(t, empty, ".hidden", "x")
	tests := []struct {
		paths         []string
		message, hint string
	}{
		{nil, "no input named", "name a file"},
		{[]string{""}, "the name of an input is empty", "quote"},
		{[]string{"-", "-"}, "standard input is named twice", "once"},
		{[]string{filepath.Join(dir, "no.txt")}, "no.txt: no such file", "spelling"},
		{[]string{filepath.Join(dir, "*.txt")}, "no file matches the pattern", "ls"},
		{[]string{filepath.Join(dir, "[.txt")}, "syntax error in pattern", "["},
		{[]string{empty}, "contains no files to read", "hidden"},
	}
	for _, test := range tests {
		_, err := Open(test.paths...)
		if err == nil || !strings.Contains(err.Error(), test.message) || !strings.Contains(fault.Hint(err), test.hint) {
			t.Errorf("%q: error %v, hint %q", test.paths, err, fault.Hint(err))
		}
	}
	if _, err := Open(filepath.Join(dir, "no.txt")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v is not fs.ErrNotExist", err)
	}
	// A file that is removed between Open and Read.
	path := corporatest.WriteFile(t, dir, "gone.txt", "x")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(path)
	if _, err := readAll(t, s); err == nil || !strings.Contains(err.Error(), "gone.txt: no such file") {
		t.Errorf("error %v", err)
	}
}

func TestReadOnce(t *testing.T) {
	s := FromReader("pipe", strings.NewReader("a\n"))
	if _, err := readAll(t, s); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(t, s); err == nil || !strings.Contains(err.Error(), "pipe can be read only once") {
		t.Errorf("error %v", err)
	}
}

func TestSample(t *testing.T) {
	s := Sample()
	if n := s.Size(); n == 0 || n > 3_000_000 {
		t.Errorf("the sample takes %d bytes", n)
	}
	if s.Names()[0] != "sample" {
		t.Errorf("names %q", s.Names())
	}
	for range 2 {
		if err := s.Read(context.Background(), func(Chunk) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if st := s.Stats(); st.Bytes < 10_000_000 || st.Invalid > 0 || s.Consumed() != s.Size() {
		t.Errorf("stats %+v, consumed %d", st, s.Consumed())
	}
}

// bzip2Text is "two lines\nof text\n", made by bzip2 1.0.8, which Go cannot write.
const bzip2Text = "QlpoOTFBWSZTWbkwWV8AAAfRgAAQQAADJYzAIAAiCeiZ6kEDQNDA6JFmm+pZPxdyRThQkLkwWV8="

func zstd3(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	for i := range 3 {
		b.WriteString("\x50\x2a\x4d\x18\x04\x00\x00\x00skip") // a skippable frame
		w, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(text[len(text)*i/3 : len(text)*(i+1)/3]))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func bzip2Of(t testing.TB) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(bzip2Text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCompressions(t *testing.T) {
	const text = "two lines\nof text\n"
	dir := t.TempDir()
	for name, data := range map[string]string{
		"plain": text, "gzip": corporatest.Gzip3(t, text), "zstd": zstd3(t, text), "bzip2": bzip2Of(t), "bzip2 twice": bzip2Of(t) + bzip2Of(t),
	} {
		want := "two lines|of text"
		if name == "bzip2 twice" {
			want += "|" + want
		}
		// The extension does not matter.
		for _, ending := range []string{".txt", ".gz", ".zst", ""} {
			s, err := Open(corporatest.WriteFile(t, dir, "file"+ending, data))
			if err != nil {
				t.Fatal(err)
			}
			lines, err := readAll(t, s)
			if err != nil || strings.Join(lines, "|") != want {
				t.Errorf("%s named %q: lines %q, error %v", name, ending, lines, err)
			}
			if s.Consumed() != int64(len(data)) {
				t.Errorf("%s: consumed %d of %d", name, s.Consumed(), len(data))
			}
		}
		lines, err := readAll(t, FromReader("pipe", strings.NewReader(data)))
		if err != nil || strings.Join(lines, "|") != want {
			t.Errorf("%s through a pipe: lines %q, error %v", name, lines, err)
		}
	}
	// Empty compressed files are empty files.
	for _, data := range []string{corporatest.Gzip3(t, ""), zstd3(t, ""), "BZh9\x17\x72\x45\x38\x50\x90\x00\x00\x00\x00"} {
		if lines, err := readAll(t, FromReader("x", strings.NewReader(data))); err != nil || len(lines) > 0 {
			t.Errorf("%.5q: lines %q, error %v", data, lines, err)
		}
	}
}

// TestDamaged cuts compressed files everywhere and flips their bytes: never
// wrong text without an error, never a panic, and the error names the file.
func TestDamaged(t *testing.T) {
	text := strings.Repeat("some words that can be told apart 0123456789\n", 20)
	var one bytes.Buffer
	w := gzip.NewWriter(&one)
	w.Write([]byte(text))
	w.Close()
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderCRC(true))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"gzip": one.Bytes(), "zstd": enc.EncodeAll([]byte(text), nil), "bzip2": []byte(bzip2Of(t))} {
		for n := 10; n < len(data); n++ {
			_, err := readAll(t, FromReader("corpus.x", bytes.NewReader(data[:n])))
			if err == nil || !strings.Contains(err.Error(), "corpus.x: ") || fault.Hint(err) == "" {
				t.Errorf("%s cut to %d of %d bytes: error %v, hint %q", name, n, len(data), err, fault.Hint(err))
			}
		}
		for i := range data {
			bad := slices.Clone(data)
			bad[i] ^= 0x10
			lines, err := readAll(t, FromReader("corpus.x", bytes.NewReader(bad)))
			if err == nil && name != "bzip2" && detect(bad) != uncompressed && strings.Join(lines, "\n")+"\n" != text {
				t.Errorf("%s with byte %d flipped is read as %.60q", name, i, lines)
			}
			if err != nil && !strings.Contains(err.Error(), "corpus.x") {
				t.Errorf("%s with byte %d flipped: error %v", name, i, err)
			}
		}
	}
}

// Other bytes after compressed data, however few, are reported as that, and data that is cut as
// that. gzip ignores zeros there.
func TestBytesAfterCompressed(t *testing.T) {
	text := strings.Repeat("some words that can be told apart 0123456789\n", 20)
	bzipped := "two lines\nof text\n"
	for _, test := range []struct{ kind, data, text string }{
		{"gzip", corporatest.Gzip3(t, text), text}, {"zstd", zstd3(t, text), text}, {"bzip2", bzip2Of(t), bzipped}, {"bzip2", bzip2Of(t) + bzip2Of(t), bzipped + bzipped},
	} {
		for _, more := range []string{"x", "\n", "BZh9", "BZxx", "BX", "xy", "xyz", "\x28\xb5x", "\x00", "\x00\x00", "rubbish after it", strings.Repeat("\x00", 600), "\x00\x00x", "PK\x03\x04"} {
			_, err := readAll(t, FromReader("corpus.x", strings.NewReader(test.data+more)))
			want := fmt.Sprintf("corpus.x: its %s data ends after %d bytes of text, but other bytes follow", test.kind, len(test.text))
			switch {
			case test.kind == "gzip" && strings.Trim(more, "\x00") == "":
				if err != nil {
					t.Errorf("%s and %d zeros: %v", test.kind, len(more), err)
				}
			case test.kind == "bzip2" && more == "BZh9": // the beginning of a further stream
				if err == nil || !strings.Contains(err.Error(), "ends too early") {
					t.Errorf("%s and %q: %v", test.kind, more, err)
				}
			case err == nil || err.Error() != want || fault.Hint(err) == "":
				t.Errorf("%s and %q: error %v with hint %q, want %s", test.kind, more, err, fault.Hint(err), want)
			}
		}
		for n := len(test.data) / 2; n < len(test.data); n++ {
			if _, err := readAll(t, FromReader("corpus.x", strings.NewReader(test.data[:n]))); err != nil && strings.Contains(err.Error(), "other bytes") {
				t.Errorf("%s cut to %d of %d bytes: %v", test.kind, n, len(test.data), err)
			}
		}
	}
}
