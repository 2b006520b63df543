package codes

import (
	"math"

	"github.com/luminavec/luminavec/internal/kernel"
)

// Sigmas is how many standard deviations the bounds of errors allow for. For a random rotation, an
// estimate is lower than the bound says with a probability of less than 1e-9, and likewise higher.
const Sigmas = 6

// A Space is what codes are relative to: a rotation and a center. Codes of different spaces cannot be
// compared. Several goroutines may use it.
type Space struct {
	*Rotation
	Center  []float32 // Dim values
	squared bool
	norm    float64   // of Center
	turned  []float32 // Center, rotated
}

// NewSpace returns a space for squared distances, or for negated inner products. The center, of
// Dim values, is not copied; nil is the origin.
func NewSpace(r *Rotation, center []float32, squared bool) *Space {
	if center == nil {
		center = make([]float32, r.Dim)
	}
	s := &Space{Rotation: r, Center: center, squared: squared, norm: math.Sqrt(dot(center, center)), turned: kernel.Aligned(r.Len)}
	copy(s.turned, center)
	s.Apply(s.turned)
	return s
}

// Bytes returns the memory of the space.
func (s *Space) Bytes() int64 { return int64((len(s.factors)+1)*s.Len+s.Dim) * 4 }

// Centered writes the rotated difference of x from the center to dst, Len values.
func (s *Space) Centered(dst, x []float32) {
	for i, c := range s.Center {
		dst[i] = x[i] - c
	}
	clear(dst[s.Dim:s.Len])
	s.Apply(dst)
}

// terms returns the bound, factor and bias of the code of x, whose rotated difference from the center
// is u, whose inner product with the code is along and whose code's squared length is square.
func (s *Space) terms(u, x []float32, along, square, rest float64) (bound, factor, bias float32) {
	length2 := dot(u, u)
	length := math.Sqrt(length2)
	// The error of an estimate is the tangent of the angle between u and its code, times the part of
	// the query in one random direction. Rounding of the query adds rest at most.
	wide, f := length, 0.0
	if along > 0 {
		f = length2 / along
		tangent := math.Sqrt(max(0, f*f*square/length2-1))
		wide = length * (tangent*min(1, Sigmas/math.Sqrt(float64(s.Len-1))) + rest + 1e-5)
	}
	if s.squared {
		return float32(2 * wide), float32(-2 * f), float32(length2)
	}
	product := 0.0
	for i, c := range s.Center {
		product += float64(x[i]-c) * float64(c)
	}
	return float32(wide), float32(-f), float32(-product * unit * unit)
}

// Encode writes the code of x with the given bits per value to code, kernel.CodeStride(s.Len, bits)
// bytes. u has room for Len values, which it overwrites.
func (s *Space) Encode(code, x []float32, bits int, u []float32) {
	s.Centered(u, x)
	s.EncodeCentered(code, x, bits, u)
}

// EncodeCentered is Encode with what Centered has written.
func (s *Space) EncodeCentered(code, x []float32, bits int, u []float32) {
	u = u[:s.Len]
	along, square := kernel.EncodeCode(code, u, bits)
	bound, factor, bias := s.terms(u, x, along, square, restOf[bits])
	kernel.SetCodeTerms(code, s.Len, bits, bound, factor, bias)
}

// EncodeSigns stores x as vector i of a bounded block, with what Centered has written to u.
func (s *Space) EncodeSigns(block []float32, i int, x, u []float32) {
	u = u[:s.Len]
	along := 0.0
	for _, v := range u {
		along += math.Abs(float64(v))
	}
	bound, factor, bias := s.terms(u, x, along, float64(s.Len), restOf[0])
	kernel.SetSigns(block, i, u, factor, bias, bound)
}

// EncodeSignsAs is EncodeSigns with other signs than those of u, Len values of 1 and -1.
func (s *Space) EncodeSignsAs(block []float32, i int, x, u, signs []float32) {
	u, signs = u[:s.Len], signs[:s.Len]
	bound, factor, bias := s.terms(u, x, dot(u, signs), float64(s.Len), restOf[0])
	kernel.SetSigns(block, i, signs, factor, bias, bound)
}

// restOf is what part of its length the rounding of a query is assumed to take, by the bits of the codes, and
// at 0 for blocks of signs. A query that loses more widens the bounds.
var restOf = [9]float64{0: 0.022, 1: 0.008, 2: 0.008, 4: 0.008, 8: 0.016}

// A Query is a query to compare with the codes of a space. The estimate for a code is the distance
// less a constant of the query, times another.
type Query struct {
	space   *Space
	rotated []float32
	length  float64   // of rotated
	scale   float64   // (inner products) the query is divided by it
	center  float64   // its inner product with the center
	norm    float64   // of the query
	whole   []float32 // (inner products) the rotated query, divided by the scale, if asked
	asked   bool
	Codes   kernel.CodeQuery
	Signs   kernel.ScanQuery
}

// Set makes x, of Dim values, the query.
func (q *Query) Set(s *Space, x []float32) {
	if len(q.rotated) != s.Len {
		q.rotated = kernel.Aligned(s.Len)
	}
	q.space, q.asked = s, false
	u := q.rotated
	if s.squared {
		s.Centered(u, x)
	} else {
		// -⟨v,x⟩ is scale · (-⟨v-c, x/scale-c⟩ - ⟨v-c,c⟩) - ⟨c,x⟩. The error is the smaller the nearer
		// x/scale is to c.
		q.center, q.norm = dot(s.Center, x), math.Sqrt(dot(x, x))
		q.scale = q.norm
		if s.norm > 0 {
			q.scale = max(q.center/s.norm, q.norm/8) / s.norm
		}
		if q.norm == 0 {
			q.scale = 1
		}
		inverse := 1 / q.scale
		for i, c := range s.Center {
			u[i] = float32(float64(x[i])*inverse - float64(c))
		}
		clear(u[s.Dim:])
		s.Apply(u)
	}
	q.length = math.Sqrt(dot(u, u))
}

// Centered returns the rotated difference of the query from the center, which it may write to room of Len
// values.
func (q *Query) Centered(room []float32) []float32 {
	if q.space.squared {
		return q.rotated
	}
	scale, rest := float32(q.scale), float32(q.scale-1)
	for i, v := range q.rotated {
		room[i] = scale*v + rest*q.space.turned[i]
	}
	return room
}

// EncodeFor prepares the comparison with codes of the given bits per value by Codes.
func (q *Query) EncodeFor(bits int) { q.Codes.Encode(q.rotated, bits) }

// EncodeForSigns prepares the comparison with blocks by Signs.
func (q *Query) EncodeForSigns() { q.Signs.Encode(q.rotated) }

// Slack returns what the bounds of codes are multiplied by, for the given bits per value or, for 0,
// blocks. The query must be encoded for them.
func (q *Query) Slack(bits int) float32 {
	rest := q.Codes.Rest()
	if bits == 0 {
		rest = q.Signs.Rest()
	}
	wide := max(q.length, rest/restOf[bits])
	if !q.space.squared {
		// A product with the vector, unlike one with its difference from the center, is rounded in
		// proportion to the lengths of both. Every bound is at least restOf times the length.
		wide += (q.space.rounding()*q.norm/q.scale + 0x1p-20*q.space.norm) * unit / restOf[bits]
	}
	return float32(wide * (1 + 1e-6))
}

// Distance returns the distance of which e is the estimate.
func (q *Query) Distance(e float32) float32 {
	if q.space.squared {
		return float32((float64(e) + q.length*q.length) / (unit * unit))
	}
	return float32(float64(e)*q.scale/(unit*unit) - q.center)
}

// rounding returns what part of a sum of Len products its rounding can be, in all versions of the
// kernels: each adds at most a fourth of the products one after another.
func (s *Space) rounding() float64 { return float64(s.Len/4+64) * 0x1p-24 }

// Spread returns by how much distances differ if their estimates differ by e.
func (q *Query) Spread(e float32) float32 {
	if q.space.squared {
		return e / (unit * unit)
	}
	return float32(float64(e) * q.scale / (unit * unit))
}

// Limit returns what the estimate of a vector at distance d can be at most, but for its error: the
// distance as float32 arithmetic computes it from the vectors.
func (q *Query) Limit(d float64) float32 {
	rounding := q.space.rounding()
	if q.space.squared {
		own := q.length * q.length
		d *= unit * unit
		return above(d - own + 3*rounding*(d+own))
	}
	return above((d + q.center + rounding*q.norm*q.space.norm) / q.scale * (unit * unit))
}

// above returns a float32 that is not less than x.
func above(x float64) float32 { return math.Nextafter32(float32(x), float32(math.Inf(1))) }

func dot(x, y []float32) float64 {
	var sums [4]float64 // which do not wait for each other
	y = y[:len(x)]
	i := 0
	for ; i < len(x)-3; i += 4 {
		sums[0] += float64(x[i]) * float64(y[i])
		sums[1] += float64(x[i+1]) * float64(y[i+1])
		sums[2] += float64(x[i+2]) * float64(y[i+2])
		sums[3] += float64(x[i+3]) * float64(y[i+3])
	}
	for ; i < len(x); i++ {
		sums[0] += float64(x[i]) * float64(y[i])
	}
	return (sums[0] + sums[1]) + (sums[2] + sums[3])
}
