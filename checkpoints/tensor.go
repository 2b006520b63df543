package checkpoints

import (
	"fmt"
	"math"

	"github.com/luminavec/luminavec/internal/kernel"
)

// Tensor is an array of float32 values in row-major order. A tensor of more than two dimensions
// is a table whose rows are its last dimension. The table of the vocabulary and that of the
// n-grams may be stored as small numbers, Quantized, instead of Data.
type Tensor struct {
	Shape     []int      // at least one dimension, all positive
	Stride    int        // floats from one row to the next; 0 means packed, the last dimension
	Data      []float32  // row i begins at i*Stride; values between the rows are never read
	Quantized *Quantized // nil: the values are in Data

	file *mapping // that Data or the codes are in; nil: they are in memory
	at   int      // byte of the file where they begin
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

// Row returns row i of t.Data, without the padding. A row of a quantized table is a copy.
func (t Tensor) Row(i int) []float32 {
	n := t.Cols()
	if t.Quantized != nil {
		row := make([]float32, n)
		t.Quantized.Row(row, i)
		return row
	}
	at := i * t.rowStride()
	return t.Data[at : at+n : at+n]
}

// Expanded returns t with its values in Data, in memory. It returns t itself unless t is quantized
// or mapped. It is an error if a mapped tensor is damaged.
func (t Tensor) Expanded() (Tensor, error) {
	t, err := t.inMemory()
	if err != nil || t.Quantized == nil {
		return t, err
	}
	x := NewTensor(t.Shape...)
	for i := range t.Rows() {
		t.Quantized.Row(x.Row(i), i)
	}
	return x, nil
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

// Validate returns an error if a dimension is not positive, if Data does not contain all rows, or
// if the parts of Quantized do not fit together.
func (t Tensor) Validate() error {
	if err := t.checkShape(); err != nil {
		return err
	}
	if t.Quantized != nil {
		return t.Quantized.validate(t.Rows(), t.Cols())
	}
	if t.Stride != 0 && t.Stride < t.Cols() {
		return fmt.Errorf("stride %d is shorter than a row of %d", t.Stride, t.Cols())
	}
	if need := (t.Rows()-1)*t.rowStride() + t.Cols(); len(t.Data) < need {
		return fmt.Errorf("shape %v with stride %d needs %d values but has %d", t.Shape, t.Stride, need, len(t.Data))
	}
	return nil
}

// Bytes returns the size of the values in a file.
func (t Tensor) Bytes() int64 {
	if t.Quantized != nil {
		return t.Quantized.Bytes()
	}
	return t.values() * 4
}

func (t Tensor) values() int64 { return int64(t.Rows()) * int64(t.Cols()) }

// notFinite describes a value that is NaN or infinite.
func notFinite(name string, t Tensor, row, col int, v float32) error {
	if len(t.Shape) == 1 {
		return fmt.Errorf("tensor %q: value %d is %v", name, col, v)
	}
	return fmt.Errorf("tensor %q: row %d, column %d is %v", name, row, col, v)
}
