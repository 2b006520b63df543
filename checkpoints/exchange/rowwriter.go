package exchange

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/luminavec/luminavec/internal/fault"
)

// spoolMemory is how much of an array of unknown length is held in memory before
// the rest goes to a temporary file.
const spoolMemory = 64 << 20

// rowWriter writes what append makes of each row, after a header that states the number of
// rows. While that number is unknown the rows are buffered, because the output may be a pipe.
type rowWriter struct {
	w      io.Writer
	header func(rows int64) []byte // nil: none
	append func(b []byte, row Row) []byte
	wait   bool // for the number of rows
	begun  bool
	rows   int64
	want   int64 // rows that the header states
	limit  int   // of memory
	mem    []byte
	file   *os.File // what did not fit into mem; nil: nothing yet
}

func newRowWriter(w io.Writer, shape Shape, header func(rows int64) []byte, append func(b []byte, row Row) []byte) *rowWriter {
	return &rowWriter{w: w, header: header, append: append, wait: header != nil && shape.Rows < 0, want: shape.Rows, limit: spoolMemory}
}

func (r *rowWriter) Write(row Row) error {
	if !r.wait {
		if err := r.begin(r.want); err != nil {
			return err
		}
	}
	r.rows++
	r.mem = r.append(r.mem, row)
	if !r.wait {
		_, err := r.w.Write(r.mem)
		r.mem = r.mem[:0]
		return err
	}
	if len(r.mem) < r.limit {
		return nil
	}
	if r.file == nil {
		f, err := os.CreateTemp("", "luminavec-*.tmp")
		if err != nil {
			return spoolError(err)
		}
		r.file = f
		// Where the system allows it, the name is removed at once, so that nothing
		// is left behind however the program ends. Otherwise Close removes it.
		os.Remove(f.Name())
	}
	if _, err := r.file.Write(r.mem); err != nil {
		return spoolError(err)
	}
	r.mem = r.mem[:0]
	return nil
}

// begin writes the header, once.
func (r *rowWriter) begin(rows int64) error {
	if r.begun || r.header == nil {
		return nil
	}
	r.begun = true
	_, err := r.w.Write(r.header(rows))
	return err
}

// spoolError names the folder of a temporary file; the name of the file itself would not help.
func spoolError(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	return fault.New("free space there or set TMPDIR to another folder; the formats jsonl and tsv need none",
		"cannot buffer vectors in %s: %w", os.TempDir(), err)
}

func (r *rowWriter) Finish() error {
	if !r.wait && r.want >= 0 && r.rows != r.want {
		return fmt.Errorf("%d rows were written, but %d were announced", r.rows, r.want)
	}
	if err := r.begin(r.rows); err != nil {
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
	_, err := r.w.Write(r.mem)
	return err
}

// Close removes the temporary file.
func (r *rowWriter) Close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	os.Remove(r.file.Name())
	r.file = nil
	return err
}
