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

// rounds is the number of times that a rotation mixes all values, and overlapping is that of one of an
// overlapping length.
const (
	rounds      = 4
	overlapping = 6
)

// unit is the length of the rotated form of a vector of length 1. It is a power of two less than 1
// so that estimates of the largest squared distances fit into float32.
const unit = 1.0 / 16

// A Rotation is a random orthogonal transform of vectors of Dim values, padded with zeros to
// Len, times unit. It takes O(Len log Len) operations. In each of four rounds, the signs of some
// values are flipped, a Hadamard transform mixes the first or the last 2^k values, and a
// butterfly mixes the halves, unless the transform has mixed all (as FhtKacRotator of the RaBitQ library).
// If Len is not a multiple of 64, there are six rounds without butterflies; the first and the last 2^k values
// overlap.
type Rotation struct {
	Dim, Len int
	wide     int // values of a Hadamard transform
	factors  [][]float32
}

// Length returns the usual length of rotated vectors of dim values.
func Length(dim int) int { return (dim + 63) / 64 * 64 }

// ShortLength returns a shorter length if codes of the given bits then have fewer cache lines, of
// which a walk reads one for each neighbor from a random place, and Length otherwise.
func ShortLength(dim, bits int) int {
	usual, short := Length(dim), (dim+7)/8*8
	if short < 64 || kernel.CodeStride(short, bits) == kernel.CodeStride(usual, bits) {
		return usual
	}
	if wide := widest(short); 2*wide-short < wide/4 {
		return usual // the parts hardly overlap, and would hardly be mixed
	}
	return short
}

// widest returns the largest power of two up to n.
func widest(n int) int { return 1 << (bits.Len(uint(n)) - 1) }

// NewRotation returns the rotation of vectors of dim values to length that the seed determines. The length is
// that of Length or ShortLength.
func NewRotation(dim, length int, seed uint64) *Rotation {
	r := &Rotation{Dim: dim, Len: length, wide: widest(length)}
	n, half := rounds, 1.0 // half: of the length of what a round does to a value, so that all together keep it
	if r.Short() {
		n = overlapping
	} else if r.wide < r.Len {
		half = math.Sqrt(0.5)
	}
	r.factors = make([][]float32, n)
	for i := range r.factors {
		r.factors[i] = kernel.Aligned(r.Len)
		from := r.from(i)
		for j := range r.factors[i] {
			f := half
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

// Short reports whether the length is not the usual one: the parts that are mixed overlap, and no butterflies
// mix the halves.
func (r *Rotation) Short() bool { return r.Len%64 != 0 }

// from returns where the Hadamard transform of a round begins.
func (r *Rotation) from(round int) int { return round % 2 * (r.Len - r.wide) }

// Apply rotates the first Len values of x in place. Those from Dim on must be 0.
func (r *Rotation) Apply(x []float32) {
	x = x[:r.Len]
	for i := range r.factors {
		r.multiply(x, i)
		kernel.Hadamard(x[r.from(i):][:r.wide])
		if r.wide < r.Len && !r.Short() {
			kernel.Butterflies(x[:r.Len/2], x[r.Len/2:])
		}
	}
}

// multiply multiplies x by the factors of a round.
func (r *Rotation) multiply(x []float32, round int) {
	f, whole := r.factors[round], len(x)/kernel.Lanes*kernel.Lanes
	kernel.Multiply(x[:whole], f)
	for i := whole; i < len(x); i++ {
		x[i] *= f[i]
	}
}
