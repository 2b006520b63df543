package sentence

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// matrix is rows × cols numbers, each row padded with zeros to stride numbers so that the
// kernels can work on whole vector registers, including the padding.
type matrix struct {
	rows, cols, stride int
	data               []float32 // rows × stride
}

// extent is the length of a vector and of its padded buffer.
type extent struct{ cols, stride int }

func newMatrix(rows, cols int) *matrix {
	stride := kernel.Stride(cols)
	return &matrix{rows: rows, cols: cols, stride: stride, data: kernel.Aligned(rows * stride)}
}

func (m *matrix) row(i int) []float32 {
	return m.data[i*m.stride : (i+1)*m.stride : (i+1)*m.stride]
}

// in and out are the extents of the input and the output of multiply.
func (m *matrix) in() extent  { return extent{m.cols, m.stride} }
func (m *matrix) out() extent { return extent{m.rows, kernel.Stride(m.rows)} }

// multiply sets dst[:rows] = m·x. The vector x is padded as m's rows are.
func (m *matrix) multiply(dst, x []float32) {
	kernel.Dots(dst[:m.rows], x[:m.stride], m.data, m.stride)
}

func (m *matrix) unpadded() [][]float32 {
	out := make([][]float32, m.rows)
	for i := range out {
		out[i] = append([]float32(nil), m.row(i)[:m.cols]...)
	}
	return out
}

// tensorMatrix checks a tensor of two dimensions and returns it as a matrix. It shares
// the memory of the tensor if the rows are laid out like those of a matrix, as
// checkpoints.Read does, and copies it otherwise.
func tensorMatrix(name string, t checkpoints.Tensor) (*matrix, error) {
	if len(t.Shape) != 2 || t.Shape[0] < 1 || t.Shape[1] < 1 {
		return nil, fault.New(hintShapes, "tensor %s has shape %v; expected a matrix with at least one row and one column", name, t.Shape)
	}
	rows, cols := t.Shape[0], t.Shape[1]
	from := t.Stride
	if from == 0 {
		from = cols
	}
	if from < cols || len(t.Data) < (rows-1)*from+cols {
		return nil, fault.New(hintShapes, "tensor %s has shape %v and row stride %d but %d numbers", name, t.Shape, from, len(t.Data))
	}
	for i := range rows {
		if row := t.Data[i*from : i*from+cols]; !finite(row) {
			return nil, notFiniteIn(name, i, row)
		}
	}
	if laidOut(t.Data, rows, cols, from) {
		return &matrix{rows: rows, cols: cols, stride: from, data: t.Data[:rows*from]}, nil
	}
	m := newMatrix(rows, cols)
	for i := range rows {
		copy(m.row(i), t.Data[i*from:i*from+cols])
	}
	return m, nil
}

// laidOut reports whether data can be used as a matrix without a copy: padded to the kernels'
// stride, aligned, and zero in the padding.
func laidOut(data []float32, rows, cols, stride int) bool {
	if stride != kernel.Stride(cols) || len(data) < rows*stride || uintptr(unsafe.Pointer(&data[0]))%64 != 0 {
		return false
	}
	for i := range rows {
		for _, v := range data[i*stride+cols : (i+1)*stride] {
			if v != 0 {
				return false
			}
		}
	}
	return true
}

const hintShapes = "the parts of the model do not match; train or export it again"

func notFiniteIn(name string, i int, row []float32) error {
	for j, v := range row {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fault.New("training diverged; lower the learning rate, or use an earlier checkpoint",
				"tensor %s holds %v in row %d, column %d", name, v, i, j)
		}
	}
	return fmt.Errorf("tensor %s: row %d is not finite", name, i)
}

// finite reports whether all numbers of v are finite.
func finite(v []float32) bool {
	if d := kernel.Dot(v, v); d-d == 0 {
		return true
	}
	// Large but finite numbers overflow the sum of squares: look at each.
	for _, x := range v {
		if x-x != 0 {
			return false
		}
	}
	return true
}

// addTo adds x to dst; both are padded.
func addTo(dst, x []float32) { kernel.Axpy(dst, 1, x) }

func relu(v []float32) {
	for i, x := range v {
		v[i] = max(x, 0)
	}
}

// divide divides v by n, unless n is 0. It divides instead of multiplying by 1/n, so that 6/3
// is exactly 2.
func divide(v []float32, n int) {
	if n < 2 {
		return
	}
	f := float32(n)
	for i := range v {
		v[i] /= f
	}
}

// normalize divides v by its Euclidean length; the zero vector stays zero.
func normalize(v []float32) {
	n := float64(kernel.Norm(v))
	if !(n > 1e-15 && n < 1e15) { // the float32 sum of squares may have under- or overflowed
		n = norm64(v)
	}
	if n == 0 {
		return
	}
	for i, x := range v {
		v[i] = float32(float64(x) / n)
	}
}
