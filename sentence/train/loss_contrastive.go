package train

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// Contrastive is, with d = 1 − cos(u,v), the mean of y·d²/2 + (1−y)·max(0, m−d)²/2 (Hadsell,
// Chopra and LeCun, 2006). Without scores it uses the same pairs as [Related].
const Contrastive Loss = "contrastive"

var contrastive = lossDef{
	name: Contrastive, summary: "pull related texts together, push unrelated ones a margin apart",
	card: func(o *Options) string {
		return fmt.Sprintf("contrastive: related texts close together, others at least %g apart in cosine", o.Margin)
	},
	scores: anyScores, labels: true, minTexts: 2, maxTexts: 2, margin: []float64{0, 2},
	graph: func(o Objective, n Nodes, scored bool) *G.Node {
		yes, no := n.labels(scored)
		d := sub(number(n.Cosine, 1), n.Cosine)
		near, far := G.Must(G.Square(d)), G.Must(G.Square(positive(sub(number(n.Cosine, o.Margin), d))))
		return scaled(add(total(times(yes, near)), total(times(no, far))), 0.5)
	},
	fused: func(l *lossPass, b *Batch, _, stride int, grad float32) float64 {
		o := &l.objective
		return l.pairwise(b, stride, grad, nextToo(b), meanOf(func(cos, y float64) (value, slope float64) {
			d := 1 - cos
			short := max(0, o.Margin-d)
			return y*d*d/2 + (1-y)*short*short/2, -y*d + (1-y)*short
		}))
	},
}
