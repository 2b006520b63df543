package autograd

import (
	"errors"
	"math"

	"github.com/luminavec/luminavec/internal/kernel"
)

// ErrNotFinite is returned for a gradient whose norm is infinite or not a number.
var ErrNotFinite = errors.New("the gradient is not finite")

// clipBlock is the number of squares that are summed in float32; the sums are added in float64.
const clipBlock = 1024

// clipShare is the number of values that a goroutine takes at a time.
const clipShare = 32 * clipBlock

// ClipNorm returns the Euclidean norm of all gradients together. If limit is positive and the
// norm exceeds it, ClipNorm scales the gradients so that their norm is limit (Pascanu, Mikolov
// and Bengio, 2013, algorithm 1). The order of summation is fixed. If the norm is infinite or
// not a number, ClipNorm returns [ErrNotFinite] and does not change the gradients. Up to threads
// goroutines share the work.
func ClipNorm(threads int, limit float64, grads ...[]float32) (norm float64, err error) {
	sum := 0.0
	for _, g := range grads {
		parts := make([]float32, (len(g)+clipBlock-1)/clipBlock)
		Parallel(threads, len(g), clipShare, func(from, to int) {
			for at := from; at < to; at += clipBlock {
				x := g[at:min(at+clipBlock, to)]
				parts[at/clipBlock] = kernel.Dot(x, x)
			}
		})
		for _, part := range parts {
			sum += float64(part)
		}
	}
	norm = math.Sqrt(sum)
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return norm, ErrNotFinite
	}
	if limit > 0 && norm > limit {
		for _, g := range grads {
			Parallel(threads, len(g), clipShare, func(from, to int) { kernel.Scale(g[from:to], float32(limit/norm)) })
		}
	}
	return norm, nil
}
