package autograd

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// valueGrad is a parameter with a gradient that is known.
type valueGrad struct{ value, grad G.Value }

func (p valueGrad) Value() G.Value         { return p.value }
func (p valueGrad) Grad() (G.Value, error) { return p.grad, nil }

// SGD does what gorgonia's VanillaSolver does, and leaves the gradient alone.
func TestSGD(t *testing.T) {
	for _, backing := range []func(x ...float64) any{
		func(x ...float64) any { return x },
		func(x ...float64) any {
			y := make([]float32, len(x))
			for i, v := range x {
				y[i] = float32(v)
			}
			return y
		},
	} {
		parameter := func() valueGrad {
			return valueGrad{
				tensor.New(tensor.WithShape(3), tensor.WithBacking(backing(1, -2, 0.5))),
				tensor.New(tensor.WithShape(3), tensor.WithBacking(backing(4, 0, -8))),
			}
		}
		ours, theirs := parameter(), parameter()
		if err := (&SGD{LearningRate: 0.25}).Step([]G.ValueGrad{ours}); err != nil {
			t.Fatal(err)
		}
		if err := G.NewVanillaSolver(G.WithLearnRate(0.25)).Step([]G.ValueGrad{theirs}); err != nil {
			t.Fatal(err)
		}
		if !ours.value.(*tensor.Dense).Eq(theirs.value) {
			t.Errorf("%v, gorgonia has %v", ours.value, theirs.value)
		}
		if !ours.grad.(*tensor.Dense).Eq(parameter().grad) {
			t.Errorf("the gradient has become %v", ours.grad)
		}
	}
	long, short := tensor.New(tensor.WithBacking([]float32{1, 2})), tensor.New(tensor.WithBacking([]float32{1}))
	whole := tensor.New(tensor.WithBacking([]int{1, 2}))
	for _, p := range []valueGrad{{long, short}, {long, whole}, {whole, whole}} {
		if err := (&SGD{LearningRate: 1}).Step([]G.ValueGrad{p}); err == nil {
			t.Errorf("value %v, gradient %v: no error", p.value, p.grad)
		}
	}
}

func TestLinearDecay(t *testing.T) {
	s := LinearDecay{Start: 0.4, End: 0.1}
	for progress, want := range map[float64]float64{-1: 0.4, 0: 0.4, 0.5: 0.25, 1: 0.1, 2: 0.1} {
		if got := s.At(progress); math.Abs(got-want) > 1e-15 {
			t.Errorf("At(%g) = %g, want %g", progress, got, want)
		}
	}
}
