package autograd

import (
	"cmp"
	"math"
	"slices"

	"github.com/luminavec/luminavec/internal/kernel"
)

// pairwise returns a loss that looks at some cosines an anchor only, and sets
// dunit. Line q of cosines holds, for each anchor i, that with the text partner(q, i).
func (l *lossPass) pairwise(b *TextBatch, stride int, grad float32) float64 {
	n := b.Examples
	lines := 1
	partner := func(q, i int) int { return (q+1)*n + i }
	switch {
	case l.spec.Name == LossTriplet:
		lines = b.Columns - 1
	case b.Scores == nil && n > 1: // related and contrastive: the next positive is not related
		lines = 2
		partner = func(q, i int) int { return n + (i+q)%n }
	}
	for len(l.cosines) < lines {
		l.cosines, l.dcosines = append(l.cosines, nil), append(l.dcosines, nil)
	}
	text := func(of []float32, k int) []float32 { return of[k*stride : (k+1)*stride] }
	for q := range lines {
		l.cosines[q], l.dcosines[q] = grown(l.cosines[q], n), grown(l.dcosines[q], n)
		parallel(l.threads, n, textBlock, func(from, to int) {
			for i := from; i < to; i++ {
				l.cosines[q][i] = kernel.Dot(text(l.unit, i), text(l.unit, partner(q, i)))
			}
		})
	}
	loss := l.spec.ofCosines(l.cosines[:lines], l.dcosines[:lines], b.Scores)

	clear(l.dunit[:b.Texts()*stride])
	for q := range lines { // within a line no text stands twice on either side
		parallel(l.threads, n, textBlock, func(from, to int) {
			for i := from; i < to; i++ {
				d, k := grad*l.dcosines[q][i], partner(q, i)
				kernel.Axpy(text(l.dunit, i), d, text(l.unit, k))
				kernel.Axpy(text(l.dunit, k), d, text(l.unit, i))
			}
		})
	}
	return loss
}

// ofCosines returns the loss and sets the gradient of each cosine.
func (t *TextLoss) ofCosines(cos, d [][]float32, scores []float32) (loss float64) {
	switch t.Name {
	case LossTriplet:
		return t.triplet(cos, d)
	case LossCoSENT:
		return t.cosent(cos[0], d[0], scores)
	}
	count := float64(len(cos) * len(cos[0]))
	for q := range cos {
		for i, c := range cos[q] {
			y := float64(1 - q) // without scores: the own partner, then another's
			if scores != nil {
				y = float64(scores[i])
			}
			value, slope := t.ofCosine(float64(c), y)
			loss += value / count
			d[q][i] = float32(slope / count)
		}
	}
	return loss
}

// ofCosine returns a loss of one cosine with its score, and its slope.
func (t *TextLoss) ofCosine(c, y float64) (value, slope float64) {
	switch t.Name {
	case LossCosine:
		return (c - y) * (c - y), 2 * (c - y)
	case LossRelated: // log(1+exp(x)) − y·x
		x := t.Scale * (c - t.Margin)
		softplus := max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
		return softplus - y*x, t.Scale * (1/(1+math.Exp(-x)) - y)
	default: // LossContrastive
		apart := 1 - c
		short := max(0, t.Margin-apart)
		return y*apart*apart/2 + (1-y)*short*short/2, -y*apart + (1-y)*short
	}
}

func (t *TextLoss) triplet(cos, d [][]float32) (loss float64) {
	negatives := cos[1:]
	count := float64(len(cos[0]) * len(negatives))
	clear(d[0])
	for q, line := range negatives {
		clear(d[1+q])
		for i, c := range line {
			if l := float64(c) - float64(cos[0][i]) + t.Margin; l > 0 {
				loss += l / count
				d[1+q][i] = float32(1 / count)
				d[0][i] -= float32(1 / count)
			}
		}
	}
	return loss
}

// cosent sums exp(s·(cos_j − cos_i)) over all j with a lower score than i. As
// exp(s·cos_j)·exp(−s·cos_i) the sum needs, for each group of examples with the same
// score, only the sum of the first factor below it and of the second above it: so
// B examples cost B log B and not B².
func (t *TextLoss) cosent(cos, d []float32, scores []float32) float64 {
	s := t.Scale
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
