package train

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/corpora/pairs"
)

// Related is the logistic loss of predicting whether two texts are related, y = 1,
// or not, y = 0: p = σ(s·(cos(u,v) − m)). Without scores the pairs are related, and
// each anchor is unrelated to the positive of the next example: the mean over both.
const Related Loss = "related"

var related = lossDef{
	name: Related, summary: "distinguish related from unrelated texts", usual: []pairs.Kind{pairs.Labelled},
	card: func(o *Options) string {
		return fmt.Sprintf("related: logistic loss of distinguishing related texts from others by %g times the cosine less %g", o.Scale, o.Margin)
	},
	scores: anyScores, labels: true, minTexts: 2, maxTexts: 2, scale: true, margin: []float64{-1, 1},
	graph: func(o Objective, n Nodes, scored bool) *G.Node {
		yes, no := n.labels(scored)
		logit := scaled(sub(n.Cosine, number(n.Cosine, o.Margin)), o.Scale)
		// −log p = softplus(−logit), −log(1−p) = softplus(logit)
		return add(total(times(yes, G.Must(G.Softplus(G.Must(G.Neg(logit)))))), total(times(no, G.Must(G.Softplus(logit)))))
	},
	fused: func(l *lossPass, b *Batch, _, stride int, grad float32) float64 {
		o := &l.objective
		return l.pairwise(b, stride, grad, nextToo(b), meanOf(func(cos, y float64) (value, slope float64) {
			x := o.Scale * (cos - o.Margin)
			softplus := max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
			return softplus - y*x, o.Scale * (1/(1+math.Exp(-x)) - y)
		}))
	},
}

// labels returns the cells of related and of unrelated pairs with their weights.
func (n Nodes) labels(scored bool) (yes, no *G.Node) {
	share := 1 / float64(n.Examples)
	if scored {
		return scaled(n.Score, share), scaled(sub(n.Pair, n.Score), share)
	}
	if n.Examples > 1 {
		share /= 2
	}
	return scaled(n.Pair, share), scaled(n.Next, share)
}
