package codes

import (
	"slices"

	"github.com/luminavec/luminavec/index/internal/hashing"
)

// Codes are relative to the center of the vectors. It is looked at when there are FirstCenter vectors and
// whenever there are centerGrowth times as many as before.
const (
	FirstCenter  = 64
	centerGrowth = 4
)

// NextCenter returns the number of vectors with which the center of n is looked at again.
func NextCenter(n int) int64 { return max(FirstCenter, centerGrowth*int64(n)) }

const (
	// centerOf is about the number of vectors that a center is taken of.
	centerOf = 1 << 10
	// trimmed is the part of the values at either end that a center disregards: a small group of
	// vectors far away would draw a mean away from all others.
	trimmed = 0.15
	// moved is the part of the mean squared distance of the vectors from the center by which another
	// one may be away.
	moved = 0.05
)

// CenterOf returns the trimmed mean of the vectors i < n of dim values for which vector returns one, or
// of a sample of many, and the mean squared distance from it of what is not trimmed. It returns
// nil if there is none.
func CenterOf(n, dim int, vector func(i int) []float32) (center []float32, spread float64) {
	var rows [][]float32
	every := max(1, n/centerOf)
	for i := 0; i < n; i += every {
		// One of each, at random: the vectors may repeat in any rhythm.
		at := i + int(hashing.Mix(uint64(i)+1)%uint64(every))
		if at >= n {
			break
		}
		if x := vector(at); x != nil {
			rows = append(rows, x)
		}
	}
	if len(rows) == 0 {
		return nil, 0
	}
	center = make([]float32, dim)
	values := make([]float32, len(rows))
	cut := int(trimmed * float64(len(rows)))
	for j := range center {
		for i, x := range rows {
			values[i] = x[j]
		}
		slices.Sort(values)
		middle := values[cut : len(values)-cut]
		sum := 0.0
		for _, v := range middle {
			sum += float64(v)
		}
		mean := sum / float64(len(middle))
		center[j] = float32(mean)
		for _, v := range middle {
			spread += (float64(v) - mean) * (float64(v) - mean) / float64(len(middle))
		}
	}
	return center, spread
}

// Moved reports whether codes relative to a center, from which vectors are spread far, would be better
// than those relative to that of s.
func (s *Space) Moved(center []float32, spread float64) bool {
	away := 0.0
	for i, v := range center {
		away += (float64(v) - float64(s.Center[i])) * (float64(v) - float64(s.Center[i]))
	}
	return away > moved*spread
}
