package vectors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// spoolMemory is how much of an npy array is held in memory before the rest
// goes to a temporary file.
const spoolMemory = 64 << 20

// npyWriter writes a NumPy array of shape (lines, dim), little-endian float32.
// The format starts with the shape, and the output may be a pipe, so the rows
// are held until the last one has arrived. npyio writes whole values only; the
// header is short enough to write here, and the tests read it back with npyio.
type npyWriter struct {
	out   io.Writer
	dim   int
	rows  int64
	limit int // of memory; 0: spoolMemory
	mem   []byte
	file  *os.File // what did not fit into mem, nil before
}

func (w *npyWriter) Write(_ string, _ int, vector []float32) error {
	for _, v := range vector {
		w.mem = binary.LittleEndian.AppendUint32(w.mem, math.Float32bits(v))
	}
	w.rows++
	limit := w.limit
	if limit == 0 {
		limit = spoolMemory
	}
	if len(w.mem) < limit {
		return nil
	}
	if w.file == nil {
		f, err := os.CreateTemp("", "embed-*.tmp")
		if err != nil {
			return spoolError(err)
		}
		w.file = f
		// Where the system allows it the name is removed at once, so that nothing
		// is left behind however the program ends. Elsewhere Close removes it.
		os.Remove(f.Name())
	}
	if _, err := w.file.Write(w.mem); err != nil {
		return spoolError(err)
	}
	w.mem = w.mem[:0]
	return nil
}

// spoolError names the folder of a temporary file, whose own name does not help.
func spoolError(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	return fault.New("free some space there, or set TMPDIR to another folder; the formats jsonl and tsv need no temporary file",
		"cannot write a temporary file in %s: %w", os.TempDir(), err)
}

func (w *npyWriter) Flush() error { return nil }

func (w *npyWriter) Finish() error {
	if _, err := w.out.Write(newNpyHeader(w.rows, w.dim)); err != nil {
		return err
	}
	if w.file != nil {
		if _, err := w.file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("reading the temporary file: %w", err)
		}
		if _, err := io.Copy(w.out, w.file); err != nil {
			return err
		}
	}
	_, err := w.out.Write(w.mem)
	return err
}

func (w *npyWriter) Close() {
	if w.file != nil {
		w.file.Close()
		os.Remove(w.file.Name())
		w.file = nil
	}
}

// newNpyHeader is version 1.0 of the format: the magic, the version, the length of
// the rest as uint16, and a Python dictionary padded with spaces so that the
// data starts at a multiple of 64 bytes.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
func newNpyHeader(rows int64, dim int) []byte {
	const before = 10
	dict := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", rows, dim)
	total := (before + len(dict) + 1 + 63) / 64 * 64
	header := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(header[8:], uint16(total-before))
	header = append(header, dict...)
	header = append(header, strings.Repeat(" ", total-len(header)-1)...)
	return append(header, '\n')
}
