package sentence

import (
	"runtime/debug"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// quantizedTable is a table of small numbers. It is never expanded: sums are computed from the
// small numbers, and row decodes one row.
type quantizedTable struct {
	tensorOf checkpoints.Tensor
	rows     kernel.QuantizedRows
}

// bitsOf are the bits per value of the types.
var bitsOf = map[checkpoints.DType]int{checkpoints.Int8: 8, checkpoints.Int4: 4, checkpoints.PQ: 2}

// newQuantizedTable checks a quantized tensor.
func newQuantizedTable(name string, t checkpoints.Tensor) (table, error) {
	if err := t.Validate(); err != nil {
		return nil, fault.New(hintShapes, "tensor %s: %w", name, err)
	}
	q := t.Quantized
	bits := bitsOf[q.DType]
	if bits == 0 || len(t.Shape) != 2 {
		return nil, fault.New(hintShapes, "tensor %s has shape %v and type %q", name, t.Shape, q.DType)
	}
	return &quantizedTable{t, kernel.QuantizedRows{Bits: bits, Cols: q.Cols, Codes: q.Codes, Scales: q.Scales, Mapping: q.Mapping, Codebook: q.Codebook}}, nil
}

func (t *quantizedTable) size() (int, extent) {
	cols := t.tensorOf.Cols()
	return t.tensorOf.Rows(), extent{cols, kernel.Stride(cols)}
}

func (t *quantizedTable) row(buffer []float32, i int) (_ []float32, err error) {
	defer t.tensorOf.Unfault(debug.SetPanicOnFault(true), &err)
	if err := t.tensorOf.Verify(i, i+1); err != nil {
		return nil, err
	}
	cols := t.tensorOf.Cols()
	t.tensorOf.Quantized.Row(buffer[:cols], i)
	clear(buffer[cols:])
	return buffer, nil
}

func (t *quantizedTable) sum(dst []float32, ids []int32, weights []float32) (err error) {
	defer t.tensorOf.Unfault(debug.SetPanicOnFault(true), &err)
	if err := t.tensorOf.VerifyRows(ids); err != nil {
		return err
	}
	t.rows.Sum(dst, ids, weights)
	return nil
}

func (t *quantizedTable) tensor() checkpoints.Tensor { return t.tensorOf }
