package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// spoolMemory is how much of an npy array is held in memory before the rest
// goes to a temporary file.
const spoolMemory = 64 << 20

// npyWriter writes a NumPy array of shape (lines, dim), little-endian float32.
// The format begins with the shape, and the output may be a pipe, so the rows
// wait until the last one is there. npyio writes whole values only; the header
// is short enough to write here, and the tests read it back with npyio.
type npyWriter struct {
	out   *cli.Output
	dim   int
	rows  int64
	limit int // of memory; 0: spoolMemory
	mem   []byte
	file  *os.File // what did not fit into mem, nil before
}

func (w *npyWriter) write(_ string, _ int, vector []float32) error {
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
		// Where the system allows it the name goes at once: however the
		// program ends, nothing is left behind. Else close removes it.
		os.Remove(f.Name())
	}
	if _, err := w.file.Write(w.mem); err != nil {
		return spoolError(err)
	}
	w.mem = w.mem[:0]
	return nil
}

// spoolError names the folder of a temporary file; its own name says nothing.
func spoolError(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	return fault.New("free space there or name another folder with TMPDIR; the formats jsonl and tsv need none",
		"cannot hold back vectors in %s: %w", os.TempDir(), err)
}

func (w *npyWriter) flush() error { return nil }

func (w *npyWriter) finish() error {
	if _, err := w.out.Write(npyHeader(w.rows, w.dim)); err != nil {
		return err
	}
	if w.file != nil {
		if _, err := w.file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("read back vectors: %w", err)
		}
		if _, err := io.Copy(w.out, w.file); err != nil {
			return err
		}
	}
	_, err := w.out.Write(w.mem)
	return err
}

func (w *npyWriter) close() {
	if w.file != nil {
		w.file.Close()
		os.Remove(w.file.Name())
		w.file = nil
	}
}

// npyHeader is version 1.0 of the format: the magic, the version, the length of
// the rest as uint16, and a Python dictionary padded with spaces so that the
// data begins at a multiple of 64 bytes.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
func npyHeader(rows int64, dim int) []byte {
	const before = 10
	dict := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", rows, dim)
	total := (before + len(dict) + 1 + 63) / 64 * 64
	header := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(header[8:], uint16(total-before))
	header = append(header, dict...)
	header = append(header, strings.Repeat(" ", total-len(header)-1)...)
	return append(header, '\n')
}
