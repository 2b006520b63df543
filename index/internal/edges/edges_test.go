package edges

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/luminavec/luminavec/index/internal/codes"
)

// exact returns the distance of q and v, computed in float64.
func exact(q, v []float32, squared bool) (d float64) {
	for i := range q {
		if squared {
			d += (float64(q[i]) - float64(v[i])) * (float64(q[i]) - float64(v[i]))
		} else {
			d -= float64(q[i]) * float64(v[i])
		}
	}
	return d
}

// Estimates are right on average, whatever the center and the length of the query are, and their errors are as
// large as those of signs: about 0.6·|q-p|·|c-p|/√D for inner products.
func TestEstimate(t *testing.T) {
	const slots = 40
	r := rand.New(rand.NewPCG(9, 10))
	for _, dim := range []int{20, 64, 100, 1024} {
		for _, squared := range []bool{false, true} {
			for _, shift := range []float64{0, 3} {
				draw := func(scale float64) []float32 {
					x := make([]float32, dim)
					for i := range x {
						x[i] = float32(scale*r.NormFloat64() + shift)
					}
					return x
				}
				center := draw(0.1)
				space := codes.NewSpace(codes.NewRotation(dim, codes.Length(dim), 7), center, squared)
				c := NewCoder(slots, space.Len, squared)
				var s Scratch
				sum, square, count := 0.0, 0.0, 0
				for range 30 {
					p := draw(1)
					block := make([]float32, c.Width())
					c.Node(&s, space, p)
					neighbors := make([][]float32, slots)
					for i := range neighbors {
						neighbors[i] = draw(1)
						c.Set(&s, space, block, i, p, neighbors[i])
					}
					for i, v := range neighbors {
						if !c.Equal(&s, space, block, i, p, v) || c.Equal(&s, space, block, i, p, neighbors[(i+1)%slots]) {
							t.Fatalf("dim %d: Equal of slot %d is wrong", dim, i)
						}
					}
					var q codes.Query
					query := draw(0.7)
					q.Set(space, query)
					c.Ask(&s, &q)
					more, masks := c.Estimate(&s, block, nil, float32(math.Inf(1)))
					if masks[0] != math.MaxUint32 || masks[1]&0xff != 0xff {
						t.Fatalf("masks %x without a limit", masks)
					}
					for i, v := range neighbors {
						e := float64(more[i]) - (exact(query, v, squared) - exact(query, p, squared))
						size := 0.6 * math.Sqrt(exact(query, p, true)*exact(v, p, true)/float64(dim))
						if squared {
							size *= 2
						}
						sum, square, count = sum+e/size, square+e/size*e/size, count+1
					}
					limit := more[0]
					more, masks = c.Estimate(&s, block, block, limit)
					for i := range neighbors {
						if (masks[i/32]>>(i%32)&1 == 1) != (more[i] <= limit) {
							t.Fatalf("slot %d: %g, limit %g, mask %x", i, more[i], limit, masks)
						}
					}
				}
				mean, deviation := sum/float64(count), math.Sqrt(square/float64(count))
				if math.Abs(mean) > 0.2 || deviation < 0.5 || deviation > 2 {
					t.Errorf("dim %d, squared %v, shift %g: errors of %.2f ± %.2f times the expected, want 0 ± 1", dim, squared, shift, mean, deviation)
				}
			}
		}
	}
}

// A neighbor at the same place adds nothing.
func TestEqualVectors(t *testing.T) {
	for _, squared := range []bool{false, true} {
		p, q := []float32{1, 2, 3}, []float32{-1, 5, 0}
		space := codes.NewSpace(codes.NewRotation(3, codes.Length(3), 1), nil, squared)
		c := NewCoder(32, space.Len, squared)
		var s Scratch
		block := make([]float32, c.Width())
		c.Node(&s, space, p)
		c.Set(&s, space, block, 5, p, p)
		var query codes.Query
		query.Set(space, q)
		c.Ask(&s, &query)
		if more, _ := c.Estimate(&s, block, nil, 0); more[5] != 0 {
			t.Errorf("squared %v: %g, want 0", squared, more[5])
		}
	}
}
