package exchange

import (
	"io"

	"github.com/luminavec/luminavec/internal/fault"
)

// Writer writes rows in a format.
type Writer struct {
	w    io.Writer
	rows RowWriter
}

// NewWriter returns a writer to w in the named format, one of Writable. If the number of rows
// is Unknown and the format states it at the start, rows are buffered: up to 64 MiB in memory,
// more in a temporary file.
func NewWriter(w io.Writer, format string, shape Shape) (*Writer, error) {
	f, err := Lookup(Writable(), format)
	if err != nil {
		return nil, err
	}
	if f.Write == nil {
		return nil, fault.New("use Export, or choose another format", "the format %s holds whole models, not rows alone", f.Name)
	}
	rows, err := f.Write(w, shape)
	if err != nil {
		return nil, err
	}
	return &Writer{w, rows}, nil
}

// Write writes a row.
func (w *Writer) Write(row Row) error { return w.rows.Write(row) }

// Flush passes all rows written so far to the destination, if the format and the destination
// allow it.
func (w *Writer) Flush() error {
	if f, ok := w.w.(interface{ Flush() error }); ok {
		return f.Flush()
	}
	return nil
}

// Finish completes the output after the last row.
func (w *Writer) Finish() error {
	if err := w.rows.Finish(); err != nil {
		return err
	}
	return w.Flush()
}

// Close frees what the writer holds. Call it after Finish or instead of it.
func (w *Writer) Close() error {
	if c, ok := w.rows.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
