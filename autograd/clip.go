package autograd

import (
	"errors"
	"math"

	"github.com/luminavec/luminavec/internal/kernel"
)

// ErrNotFinite is returned for a gradient that is not a finite number.
var ErrNotFinite = errors.New("the gradient is no longer a number")

// clipBlock is how many squares are summed in float32 before they are added to a float64.
const clipBlock = 1024

// ClipNorm returns the norm of all the gradients together and, if limit is above 0
// and the norm above it, scales them so that it is limit (Pascanu, Mikolov and
// Bengio, 2013, algorithm 1). The order of the sum is fixed. It returns ErrNotFinite,
// and does not change the gradients, if the norm is infinite or not a number.
func ClipNorm(limit float64, grads ...[]float32) (norm float64, err error) {
	sum := 0.0
	for _, g := range grads {
		for len(g) > 0 {
			n := min(clipBlock, len(g))
			sum += float64(kernel.Dot(g[:n], g[:n]))
			g = g[n:]
		}
	}
	norm = math.Sqrt(sum)
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return norm, ErrNotFinite
	}
	if limit > 0 && norm > limit {
		for _, g := range grads {
			kernel.Scale(g, float32(limit/norm))
		}
	}
	return norm, nil
}
