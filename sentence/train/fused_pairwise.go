package train

import (
	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/kernel"
)

// cosineLines defines which cosines a loss uses: line q has, for each anchor i, the cosine with
// the text partner(q, i).
type cosineLines struct {
	count   int
	partner func(q, i int) int
}

// ownPairs is one line: each anchor with its own positive.
func ownPairs(b *Batch) cosineLines {
	return cosineLines{1, func(_, i int) int { return b.Examples + i }}
}

// nextToo is ownPairs and, for examples without scores, a second line: each anchor
// with the positive of the next example, which is unrelated to it.
func nextToo(b *Batch) cosineLines {
	if b.Scores != nil || b.Examples == 1 {
		return ownPairs(b)
	}
	return cosineLines{2, func(q, i int) int { return b.Examples + (i+q)%b.Examples }}
}

// allTexts is a line for each further column: the positives, then the given negatives.
func allTexts(b *Batch) cosineLines {
	return cosineLines{b.Columns - 1, func(q, i int) int { return (q+1)*b.Examples + i }}
}

// pairwise returns a loss that depends on a few cosines of each anchor, and sets dunit. The
// function of returns the loss for the lines of cosines and sets d to its gradient.
func (l *lossPass) pairwise(b *Batch, stride int, grad float32, lines cosineLines, of func(cos, d [][]float32, scores []float32) float64) float64 {
	n := b.Examples
	for len(l.cosines) < lines.count {
		l.cosines, l.dcosines = append(l.cosines, nil), append(l.dcosines, nil)
	}
	text := func(of []float32, k int) []float32 { return of[k*stride : (k+1)*stride] }
	for q := range lines.count {
		l.cosines[q], l.dcosines[q] = grown(l.cosines[q], n), grown(l.dcosines[q], n)
		autograd.Parallel(l.threads, n, textBlock, func(from, to int) {
			for i := from; i < to; i++ {
				l.cosines[q][i] = kernel.Dot(text(l.unit, i), text(l.unit, lines.partner(q, i)))
			}
		})
	}
	loss := of(l.cosines[:lines.count], l.dcosines[:lines.count], b.Scores)

	clear(l.dunit[:b.Texts()*stride])
	for q := range lines.count { // within a line no text is on either side twice
		autograd.Parallel(l.threads, n, textBlock, func(from, to int) {
			for i := from; i < to; i++ {
				d, k := grad*l.dcosines[q][i], lines.partner(q, i)
				kernel.Axpy(text(l.dunit, i), d, text(l.unit, k))
				kernel.Axpy(text(l.dunit, k), d, text(l.unit, i))
			}
		})
	}
	return loss
}

// meanOf makes a loss of lines from a loss of one cosine and its score y, which
// returns its value and its slope: the mean over all cosines. Without scores y is 1 in
// the first line and 0 in the second.
func meanOf(one func(cos, y float64) (value, slope float64)) func(cos, d [][]float32, scores []float32) float64 {
	return func(cos, d [][]float32, scores []float32) (loss float64) {
		count := float64(len(cos) * len(cos[0]))
		for q := range cos {
			for i, c := range cos[q] {
				y := float64(1 - q)
				if scores != nil {
					y = float64(scores[i])
				}
				value, slope := one(float64(c), y)
				loss += value / count
				d[q][i] = float32(slope / count)
			}
		}
		return loss
	}
}
