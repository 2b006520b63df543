package train

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// Triplet is max(0, cos(u,w) − cos(u,v) + m) (Schroff et al., 2015, with cosines);
// the mean over the given negatives of an example.
const Triplet Loss = "triplet"

var triplet = lossDef{
	name: Triplet, summary: "bring the positive a margin nearer than the negative",
	card: func(o *Options) string {
		return fmt.Sprintf("triplet: the partner closer by %g in cosine than an unrelated text", o.Margin)
	},
	scores: noScores, minTexts: 3, margin: []float64{0, 2},
	graph: func(o Objective, t Nodes, _ bool) *G.Node {
		n := t.texts()
		here := product(times(t.Cosine, t.Pair), ones(t.Cosine, n, n)) // every column of row i is cos(u_i, v_i)
		over := positive(add(sub(t.Cosine, here), number(t.Cosine, o.Margin)))
		return scaled(total(times(over, t.Negative)), 1/float64(t.Examples*(t.Columns-2)))
	},
	fused: func(l *lossPass, b *Batch, _, stride int, grad float32) float64 {
		margin := l.objective.Margin
		return l.pairwise(b, stride, grad, allTexts(b), func(cos, d [][]float32, _ []float32) float64 {
			return tripletOf(cos, d, margin)
		})
	},
}

// tripletOf returns the loss and sets d to its gradient; cos[0] are the cosines of
// the positives, the other lines those of the negatives.
func tripletOf(cos, d [][]float32, margin float64) (loss float64) {
	negatives := cos[1:]
	count := float64(len(cos[0]) * len(negatives))
	clear(d[0])
	for q, line := range negatives {
		clear(d[1+q])
		for i, c := range line {
			if l := float64(c) - float64(cos[0][i]) + margin; l > 0 {
				loss += l / count
				d[1+q][i] = float32(1 / count)
				d[0][i] -= float32(1 / count)
			}
		}
	}
	return loss
}
