package autograd

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/internal/kernel"
)

// AdaGrad divides the step of each parameter by the root of the sum of its squared
// gradients (Duchi, Hazan and Singer, 2011, with the diagonal matrix):
//
//	a ← a + g²        w ← w − η·g / (√a + ε)
//
// So a rare row keeps a large step, which suits a table of tokens. The zero value
// is ready to use, except for the learning rate of Step.
type AdaGrad struct {
	LearningRate float64 // η of Step
	Initial      float64 // a at the start; default 0
	Epsilon      float64 // ε; default 1e-10
	// PerRow keeps one a for each row, to which it adds the mean of the squares: AdaGrad then
	// needs very little memory. Default false.
	PerRow  bool
	Threads int // goroutines of an update; default 0: GOMAXPROCS

	slots
}

// Validate returns an error that names the field out of range.
func (s *AdaGrad) Validate() error {
	if !(s.Initial >= 0) || math.IsInf(s.Initial, 0) {
		return fmt.Errorf("adagrad: Initial must be at least 0, got %g", s.Initial)
	}
	if !(s.Epsilon >= 0) || math.IsInf(s.Epsilon, 0) {
		return fmt.Errorf("adagrad: Epsilon must be at least 0, got %g", s.Epsilon)
	}
	return nil
}

func (s *AdaGrad) kept() []slot {
	return []slot{{name: "sum", perRow: s.PerRow, initial: float32(s.Initial)}}
}

// Update takes one step of size lr; see [Optimizer].
func (s *AdaGrad) Update(p *Matrix, rows []int32, grad []float32, lr float64) error {
	if err := s.Validate(); err != nil {
		return err
	}
	eta, eps := float32(lr), float32(s.Epsilon)
	if eps == 0 {
		eps = 1e-10
	}
	row := func(w, g []float32, held [2][]float32) { kernel.AdaGradRow(w, held[0], g, eta, eps) }
	if s.PerRow {
		row = func(w, g []float32, held [2][]float32) {
			held[0][0] += kernel.Dot(g, g) / float32(len(g))
			root := float32(math.Sqrt(float64(held[0][0])))
			kernel.Axpy(w, -eta/(root+eps), g)
		}
	}
	if err := s.update(p, rows, grad, s.kept(), s.Threads, row); err != nil {
		return fmt.Errorf("adagrad: %w", err)
	}
	return nil
}

// Step updates every value of model; see [Optimizer].
func (s *AdaGrad) Step(model []G.ValueGrad) error {
	s.Begin()
	return step("adagrad", model, func(p *Matrix, grad []float32) error { return s.Update(p, nil, grad, s.LearningRate) })
}

// Restore restores what State returned.
func (s *AdaGrad) Restore(st State) error { return s.restore("adagrad", s.kept(), st) }
