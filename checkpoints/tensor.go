package checkpoints

import (
	"fmt"
	"math"

	"github.com/luminavec/luminavec/internal/kernel"
)

// Tensor is an array of float32 values in row-major order. A tensor of more than two dimensions
// is a table whose rows are its last dimension.
type Tensor struct {
	Shape  []int     // at least one dimension, all positive
	Stride int       // floats from one row to the next; 0 means packed, the last dimension
	Data   []float32 // row i begins at i*Stride; values between the rows are never read

	file *mapping // that Data is in; nil: Data is in memory
	at   int      // byte of the file where Data begins
}

// NewTensor returns a zeroed tensor whose rows are padded to whole vectors of the
// kernels (kernel.Stride) and start at 64-byte boundaries, like those of tensors that
// are read from a file. A tensor of one dimension is one row, and its Data ends with
// the last value. NewTensor panics if a dimension is not positive.
func NewTensor(shape ...int) Tensor {
	t := Tensor{Shape: shape}
	if err := t.checkShape(); err != nil {
		panic(badShape)
	}
	t.Stride = kernel.Stride(t.Cols())
	n := t.Rows() * t.Stride
	t.Data = kernel.Aligned(n)
	if len(shape) == 1 {
		t.Data = t.Data[:shape[0]]
	}
	return t
}

const badShape = "checkpoints: tensor dimension not positive, or too many values"

// Rows returns the number of rows: the product of all dimensions but the last.
func (t Tensor) Rows() int {
	n := 1
	for _, d := range t.Shape[:len(t.Shape)-1] {
		n *= d
	}
	return n
}

// Cols returns the length of a row: the last dimension.
func (t Tensor) Cols() int { return t.Shape[len(t.Shape)-1] }

// Row returns row i of t.Data, without the padding.
func (t Tensor) Row(i int) []float32 {
	n := t.Cols()
	at := i * t.rowStride()
	return t.Data[at : at+n : at+n]
}

func (t Tensor) rowStride() int {
	if t.Stride == 0 {
		return t.Cols()
	}
	return t.Stride
}

// checkShape checks that the number of values, and of bytes with padded rows, fits an int.
func (t Tensor) checkShape() error {
	if len(t.Shape) == 0 {
		return fmt.Errorf("no dimensions")
	}
	const limit = math.MaxInt / 8 / kernel.Lanes
	n := 1
	for _, d := range t.Shape {
		if d <= 0 {
			return fmt.Errorf("dimensions must be positive, got %d in shape %v", d, t.Shape)
		}
		if n > limit/d {
			return fmt.Errorf("shape %v has too many values", t.Shape)
		}
		n *= d
	}
	return nil
}

// Validate returns an error if a dimension is not positive or Data does not contain all
// rows.
func (t Tensor) Validate() error {
	if err := t.checkShape(); err != nil {
		return err
	}
	if t.Stride != 0 && t.Stride < t.Cols() {
		return fmt.Errorf("stride %d is shorter than a row of %d", t.Stride, t.Cols())
	}
	if need := (t.Rows()-1)*t.rowStride() + t.Cols(); len(t.Data) < need {
		return fmt.Errorf("shape %v with stride %d needs %d values but has %d", t.Shape, t.Stride, need, len(t.Data))
	}
	return nil
}

// bytes returns the size of the packed values in a file, as float32.
func (t Tensor) bytes() int64 { return t.values() * 4 }

func (t Tensor) values() int64 { return int64(t.Rows()) * int64(t.Cols()) }

// notFinite describes a value that is NaN or infinite.
func notFinite(name string, t Tensor, row, col int, v float32) error {
	if len(t.Shape) == 1 {
		return fmt.Errorf("tensor %q: value %d is %v", name, col, v)
	}
	return fmt.Errorf("tensor %q: row %d, column %d is %v", name, row, col, v)
}
