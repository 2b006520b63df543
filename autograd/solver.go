package autograd

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Matrix is a matrix of parameters, row-major, its rows padded with zeros to
// Stride numbers.
type Matrix struct {
	Name               string // identifies the matrix to the solver
	Data               []float32
	Rows, Cols, Stride int
}

// check returns an error if the data do not have the shape.
func (p *Matrix) check() error {
	if p.Rows < 1 || p.Cols < 1 || p.Stride < p.Cols || len(p.Data) != p.Rows*p.Stride {
		return fmt.Errorf("matrix %q: %d numbers do not make %d rows of %d with stride %d", p.Name, len(p.Data), p.Rows, p.Cols, p.Stride)
	}
	return nil
}

// An Optimizer updates parameters by their gradients: [SGD], [AdaGrad] or [Adam]. It
// keeps its state of a matrix under the name of the matrix, from the first update on.
// One goroutine may use it.
//
// Updates are row-sparse: rows that a step does not name do not change, nor does the state
// of the solver for them; their moments do not decay, as in PyTorch's SparseAdam. With all
// rows named, a step is the dense one of the textbook.
type Optimizer interface {
	// Step is that of gorgonia: one step, with the solver's own LearningRate, of
	// every value of the model, each a float32 tensor of up to two dimensions
	// ([SGD] without momentum takes float64 too). Gradients are not changed. A
	// value is identified by its position in the model.
	G.Solver

	// Begin starts a step, which consists of the Updates that follow, one for each matrix.
	Begin()
	// Update takes one step of size lr on the given distinct rows of p; nil stands for all.
	// grad holds their gradients in that order, p.Stride numbers each. The padding is
	// neither read nor written. Several goroutines share the rows, with the same
	// result at any number of them.
	Update(p *Matrix, rows []int32, grad []float32, lr float64) error

	// State returns the state of the solver, its own memory, not a copy: with its fields, all
	// that it needs to continue with the same bits.
	State() State
	// Restore restores what State returned and takes ownership of the memory.
	Restore(s State) error

	// Validate returns an error that names the field out of range.
	Validate() error
}

// State is what an [Optimizer] keeps from step to step.
type State struct {
	Steps int64 // begun
	// Slots have a row for each row of a parameter matrix. Their names are that of the
	// matrix, a dot and what they hold ("table.sum"); they are sorted by name.
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
