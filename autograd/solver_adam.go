package autograd

import (
	"errors"
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/internal/kernel"
)

// Adam divides the running mean of the gradients by the square root of the running mean of
// their squares (Kingma and Ba, 2015, algorithm 1):
//
//	m ← β₁·m + (1−β₁)·g      w ← w − η·m̂ / (√v̂ + ε)
//	v ← β₂·v + (1−β₂)·g²     m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ)
//
// With WeightDecay it is AdamW (Loshchilov and Hutter, 2019): w ← (1−η·λ)·w precedes the step,
// for the rows that the step names. t is the number of steps of the solver, not of a single
// row. The zero value is ready to use, except that Step needs a LearningRate.
type Adam struct {
	LearningRate float64 // η, for Step only
	Beta1        float64 // β₁, above 0 and below 1; default 0.9
	Beta2        float64 // β₂, above 0 and below 1; default 0.999
	Epsilon      float64 // ε; default 1e-8
	WeightDecay  float64 // λ; default 0: none
	Threads      int     // maximum number of goroutines in an update; default 0: GOMAXPROCS

	slots
}

// Validate returns an error that names the field out of range.
func (s *Adam) Validate() error {
	switch {
	case !(s.Beta1 >= 0 && s.Beta1 < 1):
		return fmt.Errorf("adam: Beta1 must be at least 0 and below 1, got %g", s.Beta1)
	case !(s.Beta2 >= 0 && s.Beta2 < 1):
		return fmt.Errorf("adam: Beta2 must be at least 0 and below 1, got %g", s.Beta2)
	case !(s.Epsilon >= 0) || math.IsInf(s.Epsilon, 0):
		return fmt.Errorf("adam: Epsilon must be at least 0, got %g", s.Epsilon)
	case !(s.WeightDecay >= 0) || math.IsInf(s.WeightDecay, 0):
		return fmt.Errorf("adam: WeightDecay must be at least 0, got %g", s.WeightDecay)
	}
	return nil
}

// factors returns the constants of step t with learning rate lr.
func (s *Adam) factors(lr float64, t int64) kernel.AdamStep {
	beta1, beta2, epsilon := s.Beta1, s.Beta2, s.Epsilon
	if beta1 == 0 {
		beta1 = 0.9
	}
	if beta2 == 0 {
		beta2 = 0.999
	}
	if float32(epsilon) == 0 {
		epsilon = 1e-8
	}
	return kernel.NewAdamStep(lr, beta1, beta2, epsilon, s.WeightDecay, int(t))
}

// kept returns the slots: the running means of the gradients and of their squares.
func (s *Adam) kept() []slot { return []slot{{name: "m"}, {name: "v"}} }

var errNoStep = errors.New("adam: Update was called before Begin")

// Update takes one step with learning rate lr; see [Optimizer].
func (s *Adam) Update(p *Matrix, rows []int32, grad []float32, lr float64) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if s.steps < 1 {
		return errNoStep
	}
	f := s.factors(lr, s.steps)
	err := s.update(p, rows, grad, s.kept(), s.Threads, func(w, g []float32, held [2][]float32) {
		kernel.AdamRow(w, held[0], held[1], g, &f)
	})
	if err != nil {
		return fmt.Errorf("adam: %w", err)
	}
	return nil
}

// Step updates every value of model; see [Optimizer].
func (s *Adam) Step(model []G.ValueGrad) error {
	s.Begin()
	return step("adam", model, func(p *Matrix, grad []float32) error { return s.Update(p, nil, grad, s.LearningRate) })
}

// Restore sets the state to st, which State returned; see [Optimizer].
func (s *Adam) Restore(st State) error { return s.restore("adam", s.kept(), st) }
