// Package toyobjective shows how to add a word objective: one package, one registration line.
// It is skip-gram with the squared hinge loss of a support vector machine: each context word
// must score the true word above 1 and the negatives below −1,
//
//	L = ½ Σ_c a_c · Σ_j max(0, 1 − t_j · x_c·y_j)²
//
// with t = 1 for the true word and −1 for a negative.
//
// The loss alone would be enough: the graph engine trains with it. The step makes the fused
// engine available, at the speed of Go code; a kernel in Objective.Fused would be faster. A
// program that imports the package has a command "train hinge" with validation, checkpoints and
// resuming.
package toyobjective

import (
	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/words"
)

var _ = words.Register(words.Kind{
	Title:     "skip-gram with a squared hinge loss",
	Objective: &words.Objective{Name: "hinge", Loss: loss, Step: step},
	Defaults:  words.DefaultOptions,
	Rates:     words.Rates{Weighted: 0.05, Many: 0.03, Other: 0.025},
})

// loss is the graph. Sign is −1 for the true word and 1 for negatives, Mask holds a_c.
func loss(w words.Window) (*G.Node, error) {
	return autograd.Chain(
		func(*G.Node) (*G.Node, error) { return G.Transpose(w.Y) },
		func(yt *G.Node) (*G.Node, error) { return G.Mul(w.X, yt) },
		func(s *G.Node) (*G.Node, error) { return G.HadamardProd(s, w.Sign) },
		func(s *G.Node) (*G.Node, error) { return G.Add(s, G.NewConstant(float32(1))) },
		G.Rectify,
		G.Square,
		func(l *G.Node) (*G.Node, error) { return G.HadamardProd(l, w.Mask) },
		func(l *G.Node) (*G.Node, error) { return G.Sum(l) },
		func(l *G.Node) (*G.Node, error) { return G.Mul(l, G.NewConstant(float32(0.5))) },
	)
}

// step is the same in plain Go: ∂L/∂s = −a·t·max(0, 1 − t·s).
func step(_ *words.Objective, w *words.Example, alpha float32) (loss float64) {
	dx, dy := words.Zeros(len(w.X), w.X[0]), words.Zeros(len(w.Y), w.Y[0])
	for c, x := range w.X {
		for j, y := range w.Y {
			t := 2*w.Label[j] - 1
			miss := max(0, 1-t*words.Dot(x, y))
			loss += float64(w.Weight[c] * miss * miss / 2)
			words.Add(dx[c], -w.Weight[c]*t*miss, y)
			words.Add(dy[j], -w.Weight[c]*t*miss, x)
		}
	}
	for c, x := range w.X {
		words.Add(x, -alpha, dx[c])
	}
	for j, y := range w.Y {
		words.Add(y, -alpha, dy[j])
	}
	return loss
}
