package train

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// CoSENT is log(1 + Σ exp(s·(cos_j − cos_i))) over the pairs of examples with
// y_i > y_j (Su, 2022): cosines are put in the order of the scores. It is one number
// for the batch, not a mean.
const CoSENT Loss = "cosent"

var coSENT = lossDef{
	name: CoSENT, summary: "put the cosines in the order of the scores",
	card: func(o *Options) string {
		return fmt.Sprintf("CoSENT: ranks pairs by their scores, by %g times the cosine", o.Scale)
	},
	scores: needScores, minTexts: 2, maxTexts: 2, scale: true,
	graph: coSENTGraph,
	fused: func(l *lossPass, b *Batch, _, stride int, grad float32) float64 {
		scale := l.objective.Scale
		return l.pairwise(b, stride, grad, ownPairs(b), func(cos, d [][]float32, scores []float32) float64 {
			return coSENTOf(cos[0], d[0], scores, scale)
		})
	},
}

// coSENTGraph is −log of the share of the 1 = exp(0) of cell (0, 0) in the softmax
// over all cells.
func coSENTGraph(o Objective, t Nodes, _ bool) *G.Node {
	n := t.texts()
	here := product(times(t.Cosine, t.Pair), ones(t.Cosine, n, n)) // row j is cos_j
	logit := scaled(sub(here, transpose(here)), o.Scale)           // cell (j, i): s·(cos_j − cos_i)
	column := G.Must(G.Reshape(add(logit, t.Order), tensor.Shape{n * n, 1}))
	first := fixed(column, "first", n*n, 1, func(row, _ int) bool { return row == 0 })
	return scaled(total(times(G.Must(G.LogSoftMax(column, 0)), first)), -1)
}

// coSENTOf returns the loss and sets d to its gradient. It sums
// exp(s·(cos_j − cos_i)) over all j with a lower score than i. As this is
// exp(s·cos_j)·exp(−s·cos_i), the sum needs, for each group of examples with the same
// score, only the sum of the first factor below it and of the second above it: B
// examples cost B log B and not B².
func coSENTOf(cos, d []float32, scores []float32, s float64) float64 {
	order := make([]int, len(cos))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(scores[i], scores[j]) })
	// The largest term is exp(2s): shifted by that, sums cannot overflow.
	low := func(i int) float64 { return math.Exp(s * (float64(cos[i]) - 1)) }
	high := func(i int) float64 { return math.Exp(-s * (float64(cos[i]) + 1)) }
	total := 0.0
	slope := make([]float64, len(cos))
	sweep := func(visit func(i int, sum float64), term func(i int) float64) {
		sum := 0.0
		for from := 0; from < len(order); {
			to := from
			for ; to < len(order) && scores[order[to]] == scores[order[from]]; to++ {
				visit(order[to], sum)
			}
			for _, i := range order[from:to] {
				sum += term(i)
			}
			from = to
		}
	}
	sweep(func(i int, below float64) {
		terms := high(i) * below
		total += terms
		slope[i] -= terms
	}, low)
	slices.Reverse(order)
	sweep(func(i int, above float64) { slope[i] += low(i) * above }, high)
	one := math.Exp(-2 * s) // of log(1 + Σ)
	for i := range d {
		d[i] = float32(s * slope[i] / (one + total))
	}
	return math.Log(one+total) + 2*s
}
