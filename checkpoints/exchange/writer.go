package exchange

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/spool"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/internal/fault"
)

// CalibrationRows is how many rows a Writer of Int8 holds back until it knows their scale.
const CalibrationRows = 10_000

// Writer writes rows in a format.
type Writer struct {
	w      io.Writer
	format Format
	shape  Shape
	rows   RowWriter // nil while the scale is unknown
	held   []Row     // meanwhile
	n      int64
	values []float32
	clip   Clipped
}

// Clipped counts the values that were beyond the range of Int8 and were written as the end of
// that range.
type Clipped struct {
	Values  int64
	Largest float32 // absolute value of the largest
}

// NewWriter returns a writer to w in the named format, one of Writable. If the number of rows
// is Unknown and the format states it at the start, w is overwritten there at the end if it has
// a method WriteAt; otherwise rows wait in a temporary file. Memory is bounded in all formats.
func NewWriter(w io.Writer, format string, shape Shape) (*Writer, error) {
	f, err := Lookup(Writable(), format)
	if err != nil {
		return nil, err
	}
	if f.Write == nil {
		return nil, fault.New("use Export, or choose another format", "the format %s holds whole models, not rows alone", f.Name)
	}
	shape.DType = cmp.Or(shape.DType, Float32)
	if err := f.checkDType(shape.DType); err != nil {
		return nil, err
	}
	if s := shape.Scale; s != 0 && (shape.DType != Int8 || !(s >= 0x1p-126 && s <= math.MaxFloat32/maxInt8)) {
		return nil, fault.Field("Scale", "the scale is the value of one step of int8", "must be a positive number, and is used for int8 only, got %g with %s", s, shape.DType)
	}
	if err := checkColumns(shape); err != nil {
		return nil, err
	}
	out := &Writer{w: w, format: f, shape: shape, n: shape.After.Rows, values: make([]float32, shape.Dim)}
	if shape.DType == Int8 && shape.Scale == 0 {
		return out, nil
	}
	out.rows, err = f.Write(w, shape)
	return out, err
}

// rowWriter writes what a function makes of each row, after a header that states their number.
type rowWriter struct{ *spool.Writer[Row] }

func newRowWriter(w io.Writer, shape Shape, header func(rows int64) []byte, append func(b []byte, row Row) []byte) rowWriter {
	return rowWriter{spool.New(w, shape.Rows, shape.After.Rows, shape.After.Bytes, header, append)}
}

// Mark is the place after all rows so far, which it flushes.
func (r rowWriter) Mark() (Mark, bool) {
	rows, size, ok := r.Place()
	return Mark{Rows: rows, Bytes: size}, ok
}

// columns are the names that rows have beside Shape.Fields.
var columns = []string{"id", "text", "known", "scale", "bits", "vector"}

func checkColumns(shape Shape) error {
	for i, name := range shape.Fields {
		own := columns
		if j := slices.Index(shape.Fields, name); j < i { // the later one is the caller's own, as document is
			own = append(own[:len(own):len(own)], name)
		}
		if slices.Contains(own, name) || name == "" {
			return fault.Field("Fields", "the output has columns "+fault.Names(own)+" of its own: rename the field, or leave it out", "cannot keep a field with the name %q", name)
		}
	}
	return nil
}

// Write writes a row. A value that is NaN or infinite, or too large for Float16, is an error
// that names the row, counted from 1.
func (w *Writer) Write(row Row) error {
	if len(row.Values) != w.shape.Dim || len(row.Fields) != len(w.shape.Fields) {
		return fmt.Errorf("row %d has %d values and %d fields, expected %d and %d", w.n+1, len(row.Values), len(row.Fields), w.shape.Dim, len(w.shape.Fields))
	}
	if at := number.NotFinite(row.Values); at >= 0 {
		return fault.New("every value must be a finite number", "%s: value %d is %v", w.name(row), at+1, row.Values[at])
	}
	if w.rows == nil {
		held := row
		held.Token, held.Values, held.Fields = slices.Clone(row.Token), slices.Clone(row.Values), slices.Clone(row.Fields)
		if w.held = append(w.held, held); len(w.held) < CalibrationRows {
			return nil
		}
		return w.settle()
	}
	return w.write(row)
}

// name is how a message calls the next row.
func (w *Writer) name(row Row) string {
	if row.ID != "" {
		return fmt.Sprintf("row %d, id %.60q", w.n+int64(len(w.held))+1, row.ID)
	}
	return fmt.Sprintf("row %d", w.n+int64(len(w.held))+1)
}

func (w *Writer) write(row Row) error {
	if w.shape.DType != Float32 {
		clipped, bad := w.shape.DType.store(w.values, row.Values, w.shape.Scale)
		if bad >= 0 {
			return fault.Mention("set DType to float32", "%s: value %d, %v, is too large for float16, whose largest number is 65504", w.name(row), bad+1, row.Values[bad])
		}
		if clipped > 0 {
			w.clip.Values += int64(clipped)
			w.clip.Largest = max(w.clip.Largest, slices.Max(row.Values), -slices.Min(row.Values))
		}
		row.Values = w.values
	}
	w.n++
	return w.rows.Write(row)
}

// settle derives the scale from the rows that are held back, and writes them.
func (w *Writer) settle() (err error) {
	largest := float32(0)
	for _, row := range w.held {
		for _, x := range row.Values {
			largest = max(largest, x, -x)
		}
	}
	if largest == 0 {
		largest = 1
	}
	w.shape.Scale = max(largest/maxInt8, 0x1p-126)
	if w.rows, err = w.format.Write(w.w, w.shape); err != nil {
		return err
	}
	held := w.held
	w.held = nil
	for _, row := range held {
		if err := w.write(row); err != nil {
			return err
		}
	}
	return nil
}

// Scale is the value of one step of Int8, 0 while it is unknown and for other types.
func (w *Writer) Scale() float32 { return w.shape.Scale }

// Clipped counts the values that Int8 could not hold.
func (w *Writer) Clipped() Clipped { return w.clip }

// Mark is the place between two rows where Shape.After goes on; ok is false if the format cannot
// go on after the last row.
func (w *Writer) Mark() (m Mark, ok bool) {
	if marker, can := w.rows.(Marker); can && w.rows != nil {
		return marker.Mark()
	}
	return Mark{}, false
}

// Flush passes all rows written so far to the destination, if the format and the destination
// allow it.
func (w *Writer) Flush() error {
	if f, ok := w.rows.(interface{ Flush() error }); ok {
		if err := f.Flush(); err != nil {
			return err
		}
	}
	if f, ok := w.w.(interface{ Flush() error }); ok {
		return f.Flush()
	}
	return nil
}

// Finish completes the output after the last row.
func (w *Writer) Finish() error {
	if w.rows == nil {
		if err := w.settle(); err != nil {
			return err
		}
	}
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
