package train

import (
	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/corpora/pairs"
)

// Cosine is the squared difference of cosine and score, (cos(u,v) − y)².
const Cosine Loss = "cosine"

var cosine = lossDef{
	name: Cosine, summary: "make the cosine equal the score", usual: []pairs.Kind{pairs.Scored},
	card:   func(*Options) string { return "cosine: squared difference of cosine and score" },
	scores: needScores, minTexts: 2, maxTexts: 2,
	graph: func(_ Objective, n Nodes, _ bool) *G.Node {
		miss := times(n.Pair, sub(n.Cosine, n.Score))
		return scaled(total(G.Must(G.Square(miss))), 1/float64(n.Examples))
	},
	fused: func(l *lossPass, b *Batch, _, stride int, grad float32) float64 {
		return l.pairwise(b, stride, grad, ownPairs(b), meanOf(func(cos, y float64) (value, slope float64) {
			return (cos - y) * (cos - y), 2 * (cos - y)
		}))
	},
}
