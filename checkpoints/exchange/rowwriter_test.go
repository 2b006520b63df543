package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/spool"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/internal/fault"
)

// Rows that go through a temporary file come out as they went in, and the file is
// removed.
func TestSpillToFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out bytes.Buffer
	const rows, dim = 30_000, 3
	w, err := NewWriter(&out, "npy", Shape{Rows: Unknown, Dim: dim})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for i := range rows {
		if err := w.Write(Row{Values: []float32{float32(i), float32(-i), 0.5}}); err != nil {
			t.Fatal(err)
		}
	}
	if held, file := w.rows.(rowWriter).Held(); !file || held >= spool.Buffer || out.Len() > 0 {
		t.Fatalf("%d bytes are held in memory, want at most %d; %d were written", held, spool.Buffer, out.Len())
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}

	data, err := readAll(t, out.String())
	if err != nil || len(data) != rows {
		t.Fatalf("%d rows, %v", len(data), err)
	}
	for i, row := range data {
		if want := fmt.Sprint([dim]float32{float32(i), float32(-i), 0.5}); row != want {
			t.Fatalf("row %d is %s, want %s", i, row, want)
		}
	}
}

// Without room for the temporary file the error says where that is, and which formats
// need none.
func TestCannotSpill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} { // the last two on Windows
		t.Setenv(name, dir)
	}
	w := newRowWriter(new(bytes.Buffer), Shape{Rows: Unknown, Dim: 1}, npyHeader(Float32, 1), appendLine)
	defer w.Close()
	err := w.Write(Row{Token: make([]byte, spool.Buffer), Values: []float32{1}})
	if !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "luminavec-") || !strings.Contains(err.Error(), dir) ||
		!strings.Contains(fault.Hint(err), "tsv") {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
}

// Every format that is written states the same number of rows whether it was known at
// the start or not.
func TestUnknownRows(t *testing.T) {
	for _, f := range Writable() {
		if f.Write == nil {
			continue
		}
		var texts []string
		for _, rows := range []int64{2, Unknown} {
			var out bytes.Buffer
			w, err := NewWriter(&out, f.Name, Shape{Rows: rows, Dim: 2, Text: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range []Row{{Token: []byte("a"), Values: []float32{1, 2}}, {Token: []byte("b"), Values: []float32{3, 4}}} {
				if err := w.Write(row); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Finish(); err != nil {
				t.Fatal(err)
			}
			w.Close()
			texts = append(texts, out.String())
		}
		if texts[0] != texts[1] {
			t.Errorf("%s: %q with the number of rows, %q without", f.Name, texts[0], texts[1])
		}
	}
}

// A number of rows that was announced must be kept.
func TestAnnouncedRows(t *testing.T) {
	w, err := NewWriter(new(bytes.Buffer), "npy", Shape{Rows: 2, Dim: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(Row{Values: []float32{1}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(); err == nil {
		t.Error("1 row of 2 was accepted")
	}
}

// The data begins at a multiple of 64 bytes, whatever the digits of the shape.
func TestNPYHeaderAligned(t *testing.T) {
	for rows := int64(0); rows < 1e15; rows = rows*10 + 7 {
		h := npyHeader(Float32, 100)(rows)
		if len(h)%64 != 0 || h[len(h)-1] != '\n' {
			t.Errorf("%d rows: header of %d bytes", rows, len(h))
		}
		if got := 10 + int(h[8]) + int(h[9])<<8; got != len(h) {
			t.Errorf("%d rows: the header says %d bytes and has %d", rows, got, len(h))
		}
	}
}

func TestAppendNumbers(t *testing.T) {
	got := string(number.AppendText(nil, []float32{0, 1, -0.1, 1e-7, 16777216, 3.4e38, 0.001}, ' '))
	if want := "0 1 -0.1 1e-07 16777216 3.4e+38 0.001"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
