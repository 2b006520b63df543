package codes

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/luminavec/luminavec/internal/kernel"
)

// The distance from what a code represents is that from the vector that Decode returns, and estimates differ from it by
// the rounding of the query.
func TestRepresented(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, squared := range []bool{false, true} {
		dim := 100
		if squared {
			dim = 128
		}
		for _, bits := range []int{1, 2, 4, 8} {
			center := make([]float32, dim)
			for i := range center {
				center[i] = float32(r.NormFloat64())
			}
			s := NewSpace(NewRotation(dim, Length(dim), 7), center, squared)
			width := kernel.CodeStride(s.Len, bits) / 4
			code, u := kernel.Aligned(width), make([]float32, s.Len)
			table := kernel.CodeTable{Chunks: [][]float32{code}, Width: width}
			var q Query
			square, most := 0.0, 0.0
			const rounds = 200
			for range rounds {
				x, query := make([]float32, dim), make([]float32, dim)
				for i := range x {
					x[i], query[i] = float32(r.NormFloat64())+center[i], float32(r.NormFloat64())
				}
				s.Centered(u, x)
				s.Round(code, x, bits, u)
				q.Set(s, query)
				q.EncodeFor(bits)
				want, size := 0.0, 0.0
				for i, v := range x {
					a, b := float64(v), float64(query[i])
					if size += a*a + b*b; squared {
						want += (a - b) * (a - b)
					} else {
						want -= a * b
					}
				}
				got, ok := q.Represented(code, bits, u)
				if !ok || math.Abs(float64(got)-want) > 1e-5*size {
					t.Fatalf("%d bits, squared %v: %v, %v; want %v", bits, squared, got, ok, want)
				}
				estimate := make([]float32, 1)
				table.Distances(estimate, &q.Codes, []int32{0})
				sigma := q.Spread(q.Rounding(bits) * kernel.CodeBound(code, s.Len, bits))
				miss := (float64(q.Distance(estimate[0])) - want) / float64(sigma)
				square += miss * miss
				most = max(most, math.Abs(miss))
			}
			if sigma := math.Sqrt(square / rounds); sigma > 1.1 || most > 5 {
				t.Errorf("%d bits, squared %v: errors of estimates are %.2f times what Rounding says, at most %.1f", bits, squared, sigma, most)
			}
		}
	}
	const dim = 100
	s := NewSpace(NewRotation(dim, Length(dim), 7), nil, false)
	code, u, x := make([]float32, kernel.CodeStride(s.Len, 8)/4), make([]float32, s.Len), make([]float32, dim)
	s.Round(code, x, 8, u)
	var q Query
	q.Set(s, x)
	if _, ok := q.Represented(code, 8, u); ok {
		t.Error("a vector of zeros has a distance")
	}
	s = NewSpace(NewRotation(dim, Length(dim), 7), nil, true)
	x[0] = 1
	s.Centered(u, x)
	s.Round(code, x, 8, u)
	q.Set(s, x)
	if _, ok := q.Represented(code, 8, u); ok {
		t.Error("squared distances of 100 values of 128")
	}
}
