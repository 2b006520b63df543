package autograd

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/internal/kernel"
)

// SGD is plain stochastic gradient descent, w ← w − η·g, as a gorgonia Solver.
// Unlike gorgonia's VanillaSolver it takes gradients that it does not own and
// leaves them as they are, and its learning rate may change between steps.
type SGD struct {
	LearningRate float64 // η
}

var _ G.Solver = (*SGD)(nil)

// Step updates every value of model, a float32 or float64 dense tensor, from
// its gradient.
func (s *SGD) Step(model []G.ValueGrad) error {
	for i, p := range model {
		g, err := p.Grad()
		if err != nil {
			return fmt.Errorf("sgd: gradient of parameter %d: %w", i, err)
		}
		switch w := p.Value().Data().(type) {
		case []float32:
			d, ok := g.Data().([]float32)
			if !ok || len(d) != len(w) {
				return fmt.Errorf("sgd: parameter %d has %d float32 values, its gradient is %T %v", i, len(w), g.Data(), g.Shape())
			}
			kernel.Axpy(w, float32(-s.LearningRate), d)
		case []float64:
			d, ok := g.Data().([]float64)
			if !ok || len(d) != len(w) {
				return fmt.Errorf("sgd: parameter %d has %d float64 values, its gradient is %T %v", i, len(w), g.Data(), g.Shape())
			}
			for j, v := range d {
				w[j] -= s.LearningRate * v
			}
		default:
			return fmt.Errorf("sgd: parameter %d is a %T; float32 and float64 tensors can be trained", i, w)
		}
	}
	return nil
}

// parameter pairs a tensor with the node that computes its gradient.
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
