package train

import (
	G "gorgonia.org/gorgonia"
)

// Align is 1 − cos(u,v), for distillation: u is a text and v, the vector that a teacher gives it, which
// is a row of the table that its own text consists of. If both texts are trained, all vectors become
// equal, so it is not offered for pairs.
const Align Loss = "align"

var align = lossDef{
	name: Align, summary: "bring a text to the vector that a teacher gives it", distillation: true,
	card:   func(*Options) string { return "align: one minus the cosine with the vector of a teacher" },
	scores: noScores, minTexts: 2, maxTexts: 2,
	graph: func(_ Objective, t Nodes, _ bool) *G.Node {
		return sub(number(total(t.Cosine), 1), scaled(total(times(t.Cosine, t.Pair)), 1/float64(t.Examples)))
	},
	fused: func(l *lossPass, b *Batch, _, stride int, grad float32) float64 {
		return l.pairwise(b, stride, grad, ownPairs(b), meanOf(func(cos, _ float64) (value, slope float64) {
			return 1 - cos, -1
		}))
	},
}
