package autograd

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/internal/kernel"
)

// AdaGrad divides the step of each parameter by the square root of the sum of its squared
// gradients (Duchi, Hazan and Singer, 2011, the diagonal form):
//
//	a ← a + g²        w ← w − η·g / (√a + ε)
//
// Rows of rare tokens thus keep a large step. The zero value is ready to use, except that Step
// needs a LearningRate.
type AdaGrad struct {
	LearningRate float64 // η, for Step only
	Initial      float64 // initial a; default 0
	Epsilon      float64 // ε; default 1e-10
	// PerRow keeps one a for each row instead of each parameter, and adds to it the mean of the
	// squared gradients of the row. The state then needs very little memory. Default false.
	PerRow  bool
	Threads int // maximum number of goroutines in an update; default 0: GOMAXPROCS

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

// Update takes one step with learning rate lr; see [Optimizer].
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

// Restore sets the state to st, which State returned; see [Optimizer].
func (s *AdaGrad) Restore(st State) error { return s.restore("adagrad", s.kept(), st) }
