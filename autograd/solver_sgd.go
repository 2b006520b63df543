package autograd

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/internal/kernel"
)

// SGD is stochastic gradient descent,
//
//	w ← w − η·g
//
// or, with momentum, u ← μ·u + g followed by w ← w − η·u (Polyak, 1964; Sutskever, Martens,
// Dahl and Hinton, 2013, in PyTorch's form). Unlike gorgonia's VanillaSolver it does not change
// the gradients, and its learning rate may change between steps. The zero value is ready to
// use, except that Step needs a LearningRate.
type SGD struct {
	LearningRate float64 // η, for Step only
	Momentum     float64 // μ, at least 0 and below 1; default 0: none
	Threads      int     // maximum number of goroutines in an update; default 0: GOMAXPROCS

	slots
}

// Validate returns an error that names the field out of range.
func (s *SGD) Validate() error {
	if !(s.Momentum >= 0 && s.Momentum < 1) {
		return fmt.Errorf("sgd: Momentum must be at least 0 and below 1, got %g", s.Momentum)
	}
	return nil
}

func (s *SGD) kept() []slot {
	if s.Momentum == 0 {
		return nil
	}
	return []slot{{name: "momentum"}}
}

// Update takes one step with learning rate lr; see [Optimizer].
func (s *SGD) Update(p *Matrix, rows []int32, grad []float32, lr float64) error {
	if err := s.Validate(); err != nil {
		return err
	}
	eta, mu := float32(lr), float32(s.Momentum)
	err := s.update(p, rows, grad, s.kept(), s.Threads, func(w, g []float32, held [2][]float32) {
		kernel.SGDRow(w, held[0], g, eta, mu)
	})
	if err != nil {
		return fmt.Errorf("sgd: %w", err)
	}
	return nil
}

// Step updates every value of model; see [Optimizer].
func (s *SGD) Step(model []G.ValueGrad) error {
	s.Begin()
	if s.Momentum == 0 {
		return s.plainStep(model)
	}
	return step("sgd", model, func(p *Matrix, grad []float32) error { return s.Update(p, nil, grad, s.LearningRate) })
}

// plainStep is Step without momentum. It has no state and also accepts float64.
func (s *SGD) plainStep(model []G.ValueGrad) error {
	for i, p := range model {
		g, err := p.Grad()
		if err != nil {
			return fmt.Errorf("sgd: gradient of parameter %d: %w", i, err)
		}
		switch w := p.Value().Data().(type) {
		case []float32:
			d, ok := g.Data().([]float32)
			if !ok || len(d) != len(w) {
				return fmt.Errorf("sgd: parameter %d has %d float32 values, but its gradient is %T %v", i, len(w), g.Data(), g.Shape())
			}
			kernel.Axpy(w, float32(-s.LearningRate), d)
		case []float64:
			d, ok := g.Data().([]float64)
			if !ok || len(d) != len(w) {
				return fmt.Errorf("sgd: parameter %d has %d float64 values, but its gradient is %T %v", i, len(w), g.Data(), g.Shape())
			}
			for j, v := range d {
				w[j] -= s.LearningRate * v
			}
		default:
			return fmt.Errorf("sgd: parameter %d must be a float32 or float64 tensor, got %T", i, w)
		}
	}
	return nil
}

// Restore sets the state to st, which State returned; see [Optimizer].
func (s *SGD) Restore(st State) error { return s.restore("sgd", s.kept(), st) }
