package sentence

import (
	"runtime/debug"
	"unsafe"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// table holds the vectors of the tokens, or of character n-grams: a row for each id. Only its
// implementations know how the rows are stored.
type table interface {
	vectors
	// size returns the number of rows and their length.
	size() (rows int, row extent)
	// tensor returns all rows.
	tensor() checkpoints.Tensor
}

// vectors are padded vectors, numbered from 0.
type vectors interface {
	// row returns row i, padded with zeros. It may be stored in buffer, which is as long, so it
	// is valid until buffer changes. It must not be changed.
	row(buffer []float32, i int) ([]float32, error)
	// sum sets dst, which is padded, to the sum of weights[i] times row ids[i], added in the
	// order of ids. The bits are those of kernel.Axpy, one row after another.
	sum(dst []float32, ids []int32, weights []float32) error
}

// newTable returns a tensor as a table.
func newTable(name string, t checkpoints.Tensor) (table, error) {
	if t.Quantized != nil {
		return newQuantizedTable(name, t)
	}
	if t.Mapped() {
		return newMappedTable(name, t)
	}
	m, err := tensorMatrix(name, t)
	if err != nil {
		return nil, err
	}
	return memoryTable{m}, nil
}

// memoryTable is a table of float32 numbers in memory.
type memoryTable struct{ *matrix }

func (t memoryTable) size() (int, extent) { return t.rows, t.in() }

func (t memoryTable) row(_ []float32, i int) ([]float32, error) { return t.matrix.row(i), nil }

func (t memoryTable) sum(dst []float32, ids []int32, weights []float32) error {
	kernel.BagSum(dst, t.data, t.stride, ids, weights)
	return nil
}

// mappedTable is a table in a mapped file, whose rows are verified before they are used for the first
// time.
type mappedTable struct {
	checkpoints.Tensor
	width  extent
	padded bool // the rows are as those of a matrix
}

func newMappedTable(name string, t checkpoints.Tensor) (table, error) {
	if len(t.Shape) != 2 {
		return nil, fault.New(hintShapes, "tensor %s has shape %v; expected a matrix", name, t.Shape)
	}
	width := extent{t.Cols(), kernel.Stride(t.Cols())}
	return &mappedTable{t, width, width.cols == width.stride && uintptr(unsafe.Pointer(&t.Data[0]))%64 == 0}, nil
}

func (t *mappedTable) size() (int, extent) { return t.Rows(), t.width }

func (t *mappedTable) row(buffer []float32, i int) (_ []float32, err error) {
	defer t.Unfault(debug.SetPanicOnFault(true), &err)
	return t.guarded(buffer, i)
}

// guarded is row for a caller that has deferred Unfault until it has used the row.
func (t *mappedTable) guarded(buffer []float32, i int) ([]float32, error) {
	if err := t.Verify(i, i+1); err != nil {
		return nil, err
	}
	if t.padded {
		return t.Data[i*t.width.stride:][:t.width.stride:t.width.stride], nil
	}
	n := copy(buffer, t.Row(i))
	clear(buffer[n:])
	return buffer, nil
}

func (t *mappedTable) sum(dst []float32, ids []int32, weights []float32) (err error) {
	defer t.Unfault(debug.SetPanicOnFault(true), &err)
	if err := t.VerifyRows(ids); err != nil {
		return err
	}
	if t.padded {
		kernel.BagSum(dst, t.Data, t.width.stride, ids, weights)
		return nil
	}
	clear(dst)
	cols, stride := t.width.cols, t.width.stride
	for i, id := range ids {
		from := int(id) * cols
		row := t.Data[from:min(from+stride, len(t.Data))] // with the beginning of the next one, which is cleared below
		if len(row) < stride {
			row = append(make([]float32, 0, stride), row...)[:stride]
		}
		kernel.Axpy(dst, weights[i], row)
	}
	clear(dst[cols:])
	return nil
}

func (t *mappedTable) tensor() checkpoints.Tensor { return t.Tensor }
