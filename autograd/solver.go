package autograd

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Matrix is a row-major matrix of parameters. Each row has Cols values and is padded with
// zeros to Stride values.
type Matrix struct {
	Name               string // identifies the matrix to the solver
	Data               []float32
	Rows, Cols, Stride int
}

// check returns an error if the data do not have the shape.
func (p *Matrix) check() error {
	if p.Rows < 1 || p.Cols < 1 || p.Stride < p.Cols || len(p.Data) != p.Rows*p.Stride {
		return fmt.Errorf("matrix %q: %d values do not form %d rows of %d with stride %d", p.Name, len(p.Data), p.Rows, p.Cols, p.Stride)
	}
	return nil
}

// An Optimizer updates parameters by their gradients. [SGD], [AdaGrad] and [Adam] implement
// it. It stores its state for a matrix under the name of the matrix, starting with the first
// update. It is not safe for concurrent use.
//
// Updates are row-sparse. Rows that a step does not name do not change, and neither does the
// solver's state for them: moments do not decay, as in PyTorch's SparseAdam. If a step names all
// rows, it is the dense step of the textbook.
type Optimizer interface {
	// Solver's Step takes one step, with the LearningRate of the solver, on every value of the
	// model. Values are float32 tensors of up to two dimensions ([SGD] without momentum also
	// accepts float64) and are identified by their position in the model. Gradients are not
	// changed.
	G.Solver

	// Begin starts a step. The following Updates, one for each matrix, belong to it.
	Begin()
	// Update takes one step with learning rate lr on the given distinct rows of p; nil means
	// all rows. grad holds their gradients in that order, p.Stride values each. Padding is
	// neither read nor written. Several goroutines share the rows; the result does not depend
	// on their number.
	Update(p *Matrix, rows []int32, grad []float32, lr float64) error

	// State returns the state of the solver, not a copy. A solver with the same fields and the
	// same state continues with identical results.
	State() State
	// Restore sets the state to s, which State returned, and takes ownership of its memory.
	Restore(s State) error

	// Validate returns an error that names the field out of range.
	Validate() error
}

// State is what an [Optimizer] keeps from step to step.
type State struct {
	Steps int64 // number of steps begun
	// Slots are matrices with a row for each row of a parameter matrix, sorted by name. A name
	// is the name of the parameter matrix, a dot, and the name of the quantity ("table.sum").
	Slots []Matrix
}

var (
	_ Optimizer = (*SGD)(nil)
	_ Optimizer = (*AdaGrad)(nil)
	_ Optimizer = (*Adam)(nil)
)

// Parameter combines a value with the node that computes its gradient, for [Optimizer].Step.
// The graph must have run before the gradient is read.
func Parameter(value *tensor.Dense, grad *G.Node) G.ValueGrad { return parameter{value, grad} }

type parameter struct {
	value *tensor.Dense
	grad  *G.Node
}

func (p parameter) Value() G.Value { return p.value }

func (p parameter) Grad() (G.Value, error) {
	if v := p.grad.Value(); v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("node %v has no value: the graph has not run", p.grad)
}
