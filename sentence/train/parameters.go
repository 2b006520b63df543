package train

import (
	"fmt"

	"github.com/luminavec/luminavec/internal/kernel"
)

// Parameters holds the trainable numbers of an encoder. From a text of tokens t with weights
// a_t the encoder computes
//
//	f_t = max(0, W·e_t + b)   if Hidden > 0, else e_t
//	m   = Σ_t a_t·f_t         or, with Max, the element-wise maximum of the f_t
//	z   = P·m                 if Out > 0, else m
//
// All matrices are row-major with rows padded with zeros to kernel.Stride of
// their length; the zeros stay zero under every update.
type Parameters struct {
	Rows int // V, of the table
	Dim  int // length of a row of the table

	Table []float32 // e, V × Stride(Dim)

	Hidden int       // outputs of Linear and ReLU on each token; 0: no such layer
	Linear []float32 // W, Hidden × Stride(Dim)
	Bias   []float32 // b, Stride(Hidden)

	Out        int       // outputs of the projection; 0: no projection
	Projection []float32 // P, Out × Stride(Width())

	Max bool // pool by the element-wise maximum, ignoring weights
}

// Width returns the length of a pooled vector: Hidden or, without it, Dim.
func (e *Parameters) Width() int {
	if e.Hidden > 0 {
		return e.Hidden
	}
	return e.Dim
}

// VectorDim returns the length of the vector of a text: Out or, without it, Width.
func (e *Parameters) VectorDim() int {
	if e.Out > 0 {
		return e.Out
	}
	return e.Width()
}

// check returns an error if a matrix has the wrong size.
func (e *Parameters) check() error {
	if e.Rows < 1 || e.Dim < 1 || e.Hidden < 0 || e.Out < 0 {
		return fmt.Errorf("encoder: %d rows of %d numbers, hidden %d, out %d: sizes must be positive", e.Rows, e.Dim, e.Hidden, e.Out)
	}
	for _, m := range []struct {
		name       string
		have, want int
	}{
		{"table", len(e.Table), e.Rows * kernel.Stride(e.Dim)},
		{"linear", len(e.Linear), e.Hidden * kernel.Stride(e.Dim)},
		{"bias", len(e.Bias), kernel.Stride(e.Hidden)},
		{"projection", len(e.Projection), e.Out * kernel.Stride(e.Width())},
	} {
		if m.have != m.want {
			return fmt.Errorf("encoder: the %s must have %d numbers, got %d", m.name, m.want, m.have)
		}
	}
	return nil
}

// Gradient is the gradient of the loss of a batch, laid out like [Parameters].
type Gradient struct {
	Rows       []float32 // [U × Stride(Dim)] of the rows of the table in Batch.Rows
	Linear     []float32 // nil if the encoder has no Linear
	Bias       []float32
	Projection []float32 // nil if the encoder has no projection
}
