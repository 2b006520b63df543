package evaluate

import (
	"cmp"
	"math"
	"slices"
)

// errLengths is the message of the panic that two lists of different lengths cause.
const errLengths = "evaluate: lists of different lengths"

// Pearson returns the linear correlation of x and y: their covariance divided
// by the product of their standard deviations, from -1 to 1. It is NaN when
// there are fewer than two values or when one list is constant, for then no
// correlation exists. It panics when the lengths differ.
func Pearson(x, y []float64) float64 {
	if len(x) != len(y) {
		panic(errLengths)
	}
	if len(x) < 2 {
		return math.NaN()
	}
	deviations, others := centred(x), centred(y)
	var xy, xx, yy float64
	for i, dx := range deviations {
		dy := others[i]
		xy += dx * dy
		xx += dx * dx
		yy += dy * dy
	}
	if xx == 0 || yy == 0 {
		return math.NaN()
	}
	// Rounding may leave the quotient a hair outside [-1, 1].
	return max(-1, min(1, xy/math.Sqrt(xx)/math.Sqrt(yy)))
}

// Spearman returns the rank correlation of x and y: Pearson's correlation of
// their ranks. It asks only whether both lists put things in the same order,
// which is why it is the usual measure where people's scores (0 to 10) meet
// cosines (-1 to 1). Equal values share the average of their ranks, as in
// SciPy and R. It is NaN where Pearson is, and panics as Pearson does.
func Spearman(x, y []float64) float64 {
	if len(x) != len(y) {
		panic(errLengths)
	}
	return Pearson(Ranks(x), Ranks(y))
}

// Ranks returns the rank of every value, from 1 for the smallest; equal values
// get the mean of the ranks they fill together, so the ranks always add up to
// n(n+1)/2.
func Ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	ranks := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		shared := float64(i+1+j) / 2 // the mean of ranks i+1 … j
		for ; i < j; i++ {
			ranks[order[i]] = shared
		}
	}
	return ranks
}

// centred returns x less its mean, scaled so that no square of it overflows and
// not all vanish; a correlation does not see the scale. A constant list becomes
// zeros, exactly.
func centred(x []float64) []float64 {
	d := scaled(x)
	first := d[0]
	var mean float64
	for i := range d {
		d[i] -= first
		mean += d[i] / float64(len(d))
	}
	for i := range d {
		d[i] -= mean
	}
	return scaled(d)
}

// scaled returns x divided by its largest magnitude.
func scaled(x []float64) []float64 {
	var largest float64
	for _, v := range x {
		largest = max(largest, math.Abs(v))
	}
	y := slices.Clone(x)
	if largest > 0 {
		for i := range y {
			y[i] /= largest
		}
	}
	return y
}
