// Package spool writes rows whose number is known only at the end to where a header states it.
package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"

	"github.com/luminavec/luminavec/internal/fault"
)

// Buffer is how many bytes of rows are collected before they are written.
const Buffer = 256 << 10

// Writer writes what append makes of each row, after a header that states the number of
// rows. While that number is unknown, the header is a placeholder that is overwritten at the
// end, if the output allows it. If not, as a pipe, the rows wait in a temporary file.
type Writer[R any] struct {
	w      io.Writer
	header func(rows int64) []byte // nil: none
	append func(b []byte, row R) []byte
	patch  io.WriterAt // overwrites the placeholder; nil: there is none
	wait   bool        // for the number of rows, in a temporary file
	begun  bool
	rows   int64
	size   int64 // bytes written
	want   int64 // rows that the header states
	mem    []byte
	file   *os.File // what did not fit into mem; nil: nothing yet
}

// New returns a writer of want rows, -1 if their number is unknown, that goes on after rows and size
// bytes. header is nil if there is none; append makes the bytes of a row.
func New[R any](w io.Writer, want, rows, size int64, header func(rows int64) []byte, append func(b []byte, row R) []byte) *Writer[R] {
	r := &Writer[R]{w: w, header: header, append: append, want: want, rows: rows, size: size, begun: size > 0}
	if header != nil && want < 0 && !bytes.Equal(header(0), header(math.MaxInt64)) {
		if at, ok := w.(io.WriterAt); ok && len(header(0)) == len(header(math.MaxInt64)) {
			r.patch = at
		} else {
			r.wait = true
		}
	}
	return r
}

// Write writes a row.
func (r *Writer[R]) Write(row R) error {
	r.rows++
	r.mem = r.append(r.mem, row)
	if len(r.mem) < Buffer {
		return nil
	}
	return r.flush()
}

// Flush writes what is in memory, unless it waits for the number of rows.
func (r *Writer[R]) Flush() error {
	if r.wait {
		return nil
	}
	return r.flush()
}

func (r *Writer[R]) flush() error {
	if r.wait {
		return r.spool()
	}
	if err := r.begin(max(r.want, 0)); err != nil || len(r.mem) == 0 {
		return err
	}
	return r.write()
}

// write passes on what is in memory.
func (r *Writer[R]) write() error {
	n, err := r.w.Write(r.mem)
	r.size += int64(n)
	r.mem = r.mem[:0]
	return err
}

// spool moves what is in memory to the temporary file.
func (r *Writer[R]) spool() error {
	if r.file == nil {
		f, err := os.CreateTemp("", "luminavec-*.tmp")
		if err != nil {
			return Error(err)
		}
		r.file = f
		// Where the system allows it, the name is removed at once, so that nothing
		// is left behind however the program ends. Otherwise Close removes it.
		os.Remove(f.Name())
	}
	if _, err := r.file.Write(r.mem); err != nil {
		return Error(err)
	}
	r.mem = r.mem[:0]
	return nil
}

// begin writes the header, once.
func (r *Writer[R]) begin(rows int64) error {
	if r.begun || r.header == nil {
		return nil
	}
	r.begun = true
	n, err := r.w.Write(r.header(rows))
	r.size += int64(n)
	return err
}

// Place is where the writer is after all rows so far, which it flushes. ok is false if it waits for their
// number.
func (r *Writer[R]) Place() (rows, size int64, ok bool) {
	if r.wait || r.flush() != nil {
		return 0, 0, false
	}
	return r.rows, r.size, true
}

// Error names the folder of a temporary file; the name of the file itself would not help.
func Error(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	return fault.New("free space there or set TMPDIR to another folder; output to a file, and the formats jsonl and tsv, need none",
		"cannot buffer vectors in %s: %w", os.TempDir(), err)
}

// Finish completes the output.
func (r *Writer[R]) Finish() error {
	if !r.wait && r.want >= 0 && r.rows != r.want {
		return fmt.Errorf("%d rows were written, but %d were announced", r.rows, r.want)
	}
	if err := r.begin(r.rows); err != nil {
		return err
	}
	if r.patch != nil {
		if err := r.flush(); err != nil {
			return err
		}
		_, err := r.patch.WriteAt(r.header(r.rows), 0)
		return err
	}
	if r.file != nil {
		if _, err := r.file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("cannot read back vectors: %w", err)
		}
		if _, err := io.Copy(r.w, r.file); err != nil {
			return err
		}
	}
	return r.write()
}

// Close removes the temporary file.
func (r *Writer[R]) Close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	os.Remove(r.file.Name())
	r.file = nil
	return err
}

// Held returns how many bytes wait in memory, and whether others wait in a file.
func (r *Writer[R]) Held() (bytes int, file bool) { return len(r.mem), r.file != nil }
