// Package codes represents vectors by a few bits per value, whatever the values are: centered on
// their mean and rotated at random, so that no dimension dominates, then rounded, with the factors
// that make estimates of distances unbiased and a bound on their error. These are the codes of
// RaBitQ (Gao and Long 2024, arXiv:2405.12497) for 1 bit and of its extended form (Gao et al.
// 2024, arXiv:2409.09913) for more.
package codes

import (
	"math"
	"math/bits"

	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/internal/kernel"
)

// rounds is the number of times that a rotation mixes all values.
const rounds = 4

// unit is the length of the rotated form of a vector of length 1. It is a power of two less than 1
// so that estimates of the largest squared distances fit into float32.
const unit = 1.0 / 16

// A Rotation is a random orthogonal transform of vectors of Dim values, padded with zeros to
// Len, times unit. It takes O(Len log Len) operations. In each of four rounds, the signs of some
// values are flipped, a Hadamard transform mixes the first or the last 2^k values, and a
// butterfly mixes the halves, unless the transform has mixed all (as FhtKacRotator of the RaBitQ library).
type Rotation struct {
	Dim, Len int
	wide     int // values of a Hadamard transform
	factors  [rounds][]float32
}

// NewRotation returns the rotation of vectors of dim values that the seed determines.
func NewRotation(dim int, seed uint64) *Rotation {
	r := &Rotation{Dim: dim, Len: (dim + 63) / 64 * 64}
	r.wide = 1 << (bits.Len(uint(r.Len)) - 1)
	length := 1.0 // of what a round does to a value, so that all together keep it
	if r.wide < r.Len {
		length = math.Sqrt(0.5)
	}
	for i := range r.factors {
		r.factors[i] = kernel.Aligned(r.Len)
		from := r.from(i)
		for j := range r.factors[i] {
			f := length
			if j >= from && j < from+r.wide {
				f /= math.Sqrt(float64(r.wide))
			}
			if i == 0 {
				f *= unit
			}
			if hashing.Mix(seed^hashing.Mix(uint64(i)<<32|uint64(j)))>>63 == 1 {
				f = -f
			}
			r.factors[i][j] = float32(f)
		}
	}
	return r
}

// from returns where the Hadamard transform of a round begins.
func (r *Rotation) from(round int) int { return round % 2 * (r.Len - r.wide) }

// Apply rotates the first Len values of x in place. Those from Dim on must be 0.
func (r *Rotation) Apply(x []float32) {
	x = x[:r.Len]
	for i := range r.factors {
		kernel.Multiply(x, r.factors[i])
		kernel.Hadamard(x[r.from(i):][:r.wide])
		if r.wide < r.Len {
			kernel.Butterflies(x[:r.Len/2], x[r.Len/2:])
		}
	}
}
