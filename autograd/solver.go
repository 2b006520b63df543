package autograd

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Matrix is a matrix of parameters, row-major, its rows padded with zeros to
// Stride numbers.
type Matrix struct {
	Name               string // tells the matrices of one solver apart
	Data               []float32
	Rows, Cols, Stride int
}

// check reports a shape that the data do not have.
func (p *Matrix) check() error {
	if p.Rows < 1 || p.Cols < 1 || p.Stride < p.Cols || len(p.Data) != p.Rows*p.Stride {
		return fmt.Errorf("matrix %q: %d numbers for %d rows of %d in %d", p.Name, len(p.Data), p.Rows, p.Cols, p.Stride)
	}
	return nil
}

// An Optimizer changes parameters by their gradients: [SGD], [AdaGrad] or [Adam]. It
// keeps what it knows of a matrix under the matrix's name, from the first update on.
// It belongs to one goroutine.
//
// Updates are row-sparse: rows that a step does not name stay as they are, and so
// does what the solver keeps of them; their moments do not decay, as in PyTorch's
// SparseAdam. With all rows named a step is the textbook's dense one.
type Optimizer interface {
	// Step is that of gorgonia: one step, with the solver's own LearningRate, of
	// every value of the model, each a float32 tensor of up to two dimensions
	// ([SGD] without momentum takes float64 too). Gradients are left as they are. A
	// value is known by its place in the model.
	G.Solver

	// Begin starts a step: the Updates that follow, one a matrix, belong to it.
	Begin()
	// Update takes one step of size lr on the given distinct rows of p, of which
	// grad has the gradients, in that order and p.Stride numbers each. Rows nil are all
	// rows. The padding is neither read nor written. Several goroutines share the
	// rows, with the same result at any number of them.
	Update(p *Matrix, rows []int32, grad []float32, lr float64) error

	// State returns what the solver keeps, its own memory, not a copy: all that it
	// needs, beside its fields, to go on with the same bits.
	State() State
	// Restore puts back what State returned, and takes over the memory.
	Restore(s State) error
	// StateBytes returns how much memory the solver needs for a matrix.
	StateBytes(rows, cols int) int64

	// Validate names the field that has no sense.
	Validate() error
}

// State is what an [Optimizer] keeps from step to step.
type State struct {
	Steps int64 // begun
	// Slots have a row for each row of a parameter matrix; they are called as that,
	// a dot and what they hold ("table.sum"), and come in the order of their names.
	Slots []Matrix
}

var (
	_ Optimizer = (*SGD)(nil)
	_ Optimizer = (*AdaGrad)(nil)
	_ Optimizer = (*Adam)(nil)
)

// Parameter returns a value together with the node that computes its gradient, as
// [Optimizer].Step takes them. The gradient is read when the graph has run.
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
