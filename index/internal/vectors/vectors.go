// Package vectors holds the form in which vectors are stored.
package vectors

import (
	"math"

	"github.com/luminavec/luminavec/internal/fault"
)

// Prepare writes to dst the form of vector that is stored or searched for: with unit, the vector divided
// by its length. It sums in float64, in which no finite float32 overflows or underflows. Without unit, a
// vector other than zero must be from least to most long. The error describes a value that cannot be
// stored.
func Prepare(dst, vector []float32, unit bool, least, most float64) error {
	sum := square(vector)
	if sum-sum != 0 {
		for i, v := range vector {
			// True for NaN and both infinities, each of which minus itself is NaN.
			if v-v != 0 {
				return fault.New("every value must be a finite number", "value %d is %v", i, v)
			}
		}
	}
	length := math.Sqrt(sum)
	if !unit {
		if length > most {
			return fault.New("scale the vectors down", "the length of the vector is %.3g, more than %.3g", length, most)
		}
		if sum > 0 && length < least {
			return fault.New("scale the vectors up, or set this one to zero", "the length of the vector is %.3g, less than %.3g", length, least)
		}
		copy(dst, vector)
		return nil
	}
	if sum == 0 {
		clear(dst[:len(vector)])
		return nil
	}
	for i, v := range vector {
		dst[i] = float32(float64(v) / length)
	}
	return nil
}

// square returns the squared length of x, NaN or infinite if one of its values is.
func square(x []float32) (sum float64) {
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}

// Storable reports whether Prepare could have returned vector.
func Storable(vector []float32, unit bool, most float64) bool {
	sum := square(vector)
	if unit {
		return sum == 0 || math.Abs(sum-1) < 1e-3
	}
	return math.Sqrt(sum) <= most // false for NaN
}
