package codes

import (
	"math"

	"github.com/luminavec/luminavec/internal/kernel"
)

// largest is the factor of a code, as a multiple of the one that keeps the length, that Round takes at
// most. With 1 bit, 1.25 makes inner products right on average.
const largest = 1.3

// zeroBound is the bound that marks the code of a vector of zeros, which must stay one: it is
// compared with every query, because the bound excludes nothing.
const zeroBound = math.MaxFloat32

// Round writes the code of x, whose rotated difference from the center is u, and to x what the code
// represents. The terms of the code are those of that vector, so that estimates are right
// but for the rounding of the query. It overwrites u with the rotated difference of the new x.
func (s *Space) Round(code, x []float32, bits int, u []float32) {
	zero := true
	for _, v := range x {
		zero = zero && v == 0
	}
	u = u[:s.Len]
	along, square := kernel.EncodeCode(code, u, bits)
	f := 0.0
	if along > 0 {
		length2 := dot(u, u)
		f = min(length2/along, largest*math.Sqrt(length2/square))
	}
	factor := float32(-f)
	if s.squared {
		factor = float32(-2 * f)
	}
	bound := float32(0)
	if zero {
		bound = zeroBound
	}
	kernel.SetCodeTerms(code, s.Len, bits, bound, factor, 0)
	s.Decode(x, code, bits, u)
	s.Centered(u, x)
	wide, _, bias := s.terms(u, x, f*square, square, restOf[bits])
	if !zero {
		// What is represented is not quite along the code, because x is rounded too.
		bound = wide + float32(math.Sqrt(dot(u, u))+s.norm*unit)*1e-5
	}
	kernel.SetCodeTerms(code, s.Len, bits, bound, factor, bias)
}

// Decode writes to x, Dim values, what a code that Round has written represents. u has room for Len
// values, which it overwrites.
func (s *Space) Decode(x, code []float32, bits int, u []float32) {
	if kernel.CodeBound(code, s.Len, bits) == zeroBound {
		clear(x[:s.Dim])
		return
	}
	u = u[:s.Len]
	f := -kernel.CodeFactor(code, s.Len, bits)
	if s.squared {
		f /= 2
	}
	kernel.DecodeCode(u, code, bits)
	s.Invert(u)
	f /= unit * unit
	for i, c := range s.Center {
		x[i] = c + f*u[i]
	}
}

// Represented returns the distance of the query to what a code that Round has written represents, as it is computed from
// what Decode returns but for rounding, without undoing the rotation. u has room for Len values, which it overwrites. It
// reports false if only that is exact: for a vector of zeros, and for squared distances of vectors to which the
// rotation adds values, of which Decode returns a part.
func (q *Query) Represented(code []float32, bits int, u []float32) (d float32, ok bool) {
	s := q.space
	if kernel.CodeBound(code, s.Len, bits) == zeroBound || s.squared && s.Len != s.Dim {
		return 0, false
	}
	u = u[:s.Len]
	f := -kernel.CodeFactor(code, s.Len, bits)
	kernel.DecodeCode(u, code, bits)
	if s.squared {
		kernel.Scale(u, f/2)
		return kernel.SquaredDistance(q.rotated, u) / (unit * unit), true
	}
	if !q.asked {
		q.asked = true
		q.whole = append(q.whole[:0], q.rotated...)
		kernel.Axpy(q.whole, 1, s.turned)
	}
	return float32(-q.center - q.scale*float64(f*kernel.Dot(q.whole, u))/(unit*unit)), true
}

// Rounding returns what part of the bound of a code that Round has written is one standard deviation of the error of
// its estimate: only the query was rounded. The query must be encoded for them.
func (q *Query) Rounding(bits int) float32 {
	return float32(q.Codes.Rest() / restOf[bits] / math.Sqrt(float64(q.space.Len)))
}

// Invert undoes Apply, but for a factor of unit squared.
func (r *Rotation) Invert(x []float32) {
	x = x[:r.Len]
	for i := range r.factors {
		i = len(r.factors) - 1 - i
		if r.wide < r.Len && !r.Short() {
			kernel.Butterflies(x[:r.Len/2], x[r.Len/2:])
		}
		kernel.Hadamard(x[r.from(i):][:r.wide])
		r.multiply(x, i)
	}
}
