package autograd

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// The check detects that the two disagree: for |x| next to its kink, where the finite
// difference spans the kink.
func TestCheckGradientFindsFault(t *testing.T) {
	check := func(x float64) float64 {
		t.Helper()
		v := tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]float64{x}))
		worst, err := CheckGradient(func(in []*G.Node) (*G.Node, error) {
			abs, err := G.Abs(in[0])
			if err != nil {
				return nil, err
			}
			return G.Sum(abs)
		}, []*tensor.Dense{v}, []bool{true}, 1e-5)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.Float64s()[0]; got != x {
			t.Errorf("the value was not restored: %g, want %g", got, x)
		}
		return worst
	}
	if worst := check(-0.5); worst > 1e-8 {
		t.Errorf("|x| at -0.5: off by %g", worst)
	}
	if worst := check(1e-6); worst < 0.5 {
		t.Errorf("|x| at its kink: off by %g only", worst)
	}
}
