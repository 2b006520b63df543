package evaluate

import (
	"cmp"
	"math"
	"slices"
)

// errLengths is the message of the panic for lists of different lengths.
const errLengths = "evaluate: lists of different lengths"

// Pearson returns the linear correlation of x and y: their covariance divided by the product
// of their standard deviations, from -1 to 1. It is NaN if there are fewer than two values or
// one list is constant, because the correlation is then undefined. It panics if the lengths
// differ.
func Pearson(x, y []float64) float64 {
	if len(x) != len(y) {
		panic(errLengths)
	}
	if len(x) < 2 {
		return math.NaN()
	}
	deviations, others := centered(x), centered(y)
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
	// Rounding can put the quotient slightly outside [-1, 1].
	return max(-1, min(1, xy/math.Sqrt(xx)/math.Sqrt(yy)))
}

// Spearman returns the rank correlation of x and y: Pearson's correlation of their ranks. It
// depends only on the order of the values, which is why it is the usual measure to compare
// human scores (0 to 10) with cosines (-1 to 1). Equal values share the mean of their ranks, as
// in SciPy and R. It is NaN and panics in the same cases as Pearson.
func Spearman(x, y []float64) float64 {
	if len(x) != len(y) {
		panic(errLengths)
	}
	return Pearson(ranks(x), ranks(y))
}

// ranks returns the rank of every value, 1 for the smallest. Equal values get the mean of
// their ranks, so that the sum is always n(n+1)/2.
func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	r := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		shared := float64(i+1+j) / 2 // the mean of the ranks i+1 to j
		for ; i < j; i++ {
			r[order[i]] = shared
		}
	}
	return r
}

// centered returns x less its mean, scaled so that squares neither overflow nor all underflow;
// a correlation does not depend on the scale. A constant list becomes exactly zero.
func centered(x []float64) []float64 {
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
