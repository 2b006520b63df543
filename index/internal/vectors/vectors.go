// Package vectors holds the form in which vectors are stored.
package vectors

import (
	"math"

	"github.com/luminavec/luminavec/internal/fault"
)

// Prepare writes to dst the form of vector that is stored or searched for, with unit the vector divided by its
// length, and returns the length of vector. It sums in float64, in which no finite float32 overflows or underflows.
// The error describes a value that is not finite.
func Prepare(dst, vector []float32, unit bool) (length float64, err error) {
	sum := square(vector)
	if sum-sum != 0 {
		for i, v := range vector {
			// True for NaN and both infinities, each of which minus itself is NaN.
			if v-v != 0 {
				return 0, fault.New("every value must be a finite number", "value %d is %v", i, v)
			}
		}
	}
	length = math.Sqrt(sum)
	if !unit {
		copy(dst, vector)
		return length, nil
	}
	if sum == 0 {
		clear(dst[:len(vector)])
		return 0, nil
	}
	for i, v := range vector {
		dst[i] = float32(float64(v) / length)
	}
	return length, nil
}

// square returns the squared length of x, NaN or infinite if one of its values is.
func square(x []float32) (sum float64) {
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}

// Length returns the length of x, NaN or infinite if one of its values is.
func Length(x []float32) float64 { return math.Sqrt(square(x)) }

// Storable reports whether Prepare could have written vector, no longer than most.
func Storable(vector []float32, unit bool, most float64) bool {
	sum := square(vector)
	if unit {
		return sum == 0 || math.Abs(sum-1) < 1e-3
	}
	return sum-sum == 0 && math.Sqrt(sum) <= most
}
