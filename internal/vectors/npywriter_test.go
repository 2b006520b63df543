package vectors

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npy"

	"github.com/luminavec/luminavec/internal/fault"
)

// Rows that go through a temporary file come out as they went in, and the file
// is gone.
func TestNpySpillsToFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var stdout bytes.Buffer
	const rows, dim = 1000, 3
	w := &npyWriter{out: &stdout, dim: dim, limit: 1 << 10}
	defer w.Close()
	for i := range rows {
		if err := w.Write("", 1, []float32{float32(i), float32(-i), 0.5}); err != nil {
			t.Fatal(err)
		}
	}
	if w.file == nil || len(w.mem) >= w.limit {
		t.Fatalf("%d bytes are held in memory, want at most %d", len(w.mem), w.limit)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}

	r, err := npy.NewReader(&stdout)
	if err != nil {
		t.Fatal(err)
	}
	var data []float32
	if err := r.Read(&data); err != nil {
		t.Fatal(err)
	}
	if shape := r.Header.Descr.Shape; len(shape) != 2 || shape[0] != rows || shape[1] != dim || len(data) != rows*dim {
		t.Fatalf("shape %v, %d values", shape, len(data))
	}
	for i := range rows {
		if data[3*i] != float32(i) || data[3*i+1] != float32(-i) || data[3*i+2] != 0.5 {
			t.Fatalf("row %d is %v", i, data[3*i:3*i+3])
		}
	}
}

// If the temporary file cannot be written the error says where it is, and which
// formats need none.
func TestNpyCannotSpill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} { // the last two on Windows
		t.Setenv(name, dir)
	}
	w := &npyWriter{dim: 1, limit: 1}
	defer w.Close()
	err := w.Write("", 1, []float32{1})
	if !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "embed-") || !strings.Contains(err.Error(), dir) ||
		!strings.Contains(fault.Hint(err), "tsv") {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
}

// The data begins at a multiple of 64 bytes, whatever the digits of the shape.
func TestNpyHeaderAligned(t *testing.T) {
	for rows := int64(0); rows < 1e15; rows = rows*10 + 7 {
		h := newNpyHeader(rows, 100)
		if len(h)%64 != 0 || h[len(h)-1] != '\n' {
			t.Errorf("%d rows: header of %d bytes", rows, len(h))
		}
		if got := 10 + int(h[8]) + int(h[9])<<8; got != len(h) {
			t.Errorf("%d rows: the header says %d bytes and has %d", rows, got, len(h))
		}
	}
}

func TestAppendNumbers(t *testing.T) {
	got := string(appendNumbers(nil, []float32{0, 1, -0.1, 1e-7, 16777216, 3.4e38, 0.001}, ' '))
	if want := "0 1 -0.1 1e-07 16777216 3.4e+38 0.001"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
