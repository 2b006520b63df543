package sentence

import (
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/kernel"
)

// table holds the vectors of the tokens, or of character n-grams: a row for each id. Only its
// implementations know how the rows are stored.
type table interface {
	// size returns the number of rows and their length.
	size() (rows int, row extent)
	// row returns row i, padded with zeros. It may be stored in buffer, which is as long, so it
	// is valid until buffer changes. It must not be changed.
	row(buffer []float32, i int) ([]float32, error)
	// sum sets dst, which is padded, to the sum of weights[i] times row ids[i], added in the
	// order of ids. The bits are those of kernel.Axpy, one row after another.
	sum(dst []float32, ids []int32, weights []float32) error
	// tensor returns all rows.
	tensor() checkpoints.Tensor
}

// newTable returns a tensor as a table.
func newTable(name string, t checkpoints.Tensor) (table, error) {
	if t.Quantized != nil {
		return newQuantizedTable(name, t)
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
