package codes

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/luminavec/luminavec/internal/kernel"
)

// A rotation is the product of its rounds as dense matrices, and orthogonal.
func TestRotation(t *testing.T) {
	for _, c := range [][2]int{{1, 64}, {2, 64}, {63, 64}, {64, 64}, {100, 128}, {192, 192}, {320, 320}, {100, 104}, {200, 200}, {300, 304}} {
		dim := c[0]
		r := NewRotation(dim, c[1], 7)
		n := r.Len
		dense := make([][]float64, n) // columns: the rotated unit vectors
		for i := range dense {
			x := make([]float64, n)
			x[i] = 1
			for round, factors := range r.factors {
				for j := range x {
					x[j] *= float64(factors[j])
				}
				y := append([]float64(nil), x...)
				at := r.from(round)
				for j := range r.wide {
					y[at+j] = 0
					for k := range r.wide {
						y[at+j] += x[at+k] * float64(1-2*(bits.OnesCount(uint(j&k))&1))
					}
				}
				x = y
				if r.wide < n && !r.Short() {
					for j := range n / 2 {
						x[j], x[j+n/2] = x[j]+x[j+n/2], x[j]-x[j+n/2]
					}
				}
			}
			dense[i] = x
		}
		for i := range dense {
			for j := range i + 1 {
				sum, want := 0.0, 0.0
				for k := range n {
					sum += dense[i][k] * dense[j][k]
				}
				if i == j {
					want = unit * unit
				}
				if math.Abs(sum-want) > 1e-6*unit*unit {
					t.Fatalf("dim %d: columns %d and %d have the product %g, want %g", dim, i, j, sum, want)
				}
			}
		}
		rnd := rand.New(rand.NewPCG(1, uint64(dim)))
		x := make([]float32, n)
		want := make([]float64, n)
		for i := range dim {
			x[i] = float32(rnd.NormFloat64())
			for j := range want {
				want[j] += float64(x[i]) * dense[i][j]
			}
		}
		r.Apply(x)
		for i, v := range x {
			if math.Abs(float64(v)-want[i]) > 1e-5 {
				t.Fatalf("dim %d: value %d is %g, want %g", dim, i, v, want[i])
			}
		}
	}
}

// sets are kinds of data on which codes must hold.
var sets = map[string]func(r *rand.Rand, row, i, dim int) float64{
	"normal":       func(r *rand.Rand, row, i, dim int) float64 { return r.NormFloat64() },
	"far away":     func(r *rand.Rand, row, i, dim int) float64 { return 100 + r.NormFloat64() },
	"two clusters": func(r *rand.Rand, row, i, dim int) float64 { return float64(row%2*2-1)*3 + r.NormFloat64()*0.1 },
	"sparse": func(r *rand.Rand, row, i, dim int) float64 {
		if r.IntN(20) > 0 {
			return 0
		}
		return r.ExpFloat64()
	},
	"heavy tails": func(r *rand.Rand, row, i, dim int) float64 { return math.Tan(math.Pi * (r.Float64() - 0.5) * 0.999) },
	"constant":    func(r *rand.Rand, row, i, dim int) float64 { return 5 },
	"one hot":     func(r *rand.Rand, row, i, dim int) float64 { return map[bool]float64{true: 1}[row%dim == i] },
	"one wide": func(r *rand.Rand, row, i, dim int) float64 {
		return r.NormFloat64() * map[bool]float64{true: 1e4, false: 1}[i == 0]
	},
	"places": func(r *rand.Rand, row, i, dim int) float64 { return 48 + 0.3*r.NormFloat64() },
	"tiny":   func(r *rand.Rand, row, i, dim int) float64 { return 1e-14 * r.NormFloat64() },
	"huge":   func(r *rand.Rand, row, i, dim int) float64 { return 1e17 * r.NormFloat64() / math.Sqrt(float64(dim)) },
}

// No error of an estimate is larger than its bound, on any data, and on average there is none.
func TestBounds(t *testing.T) {
	const rows = 256
	for name, value := range sets {
		for _, dim := range []int{2, 64, 100, 768} {
			for _, squared := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%d/%v", name, dim, squared), func(t *testing.T) {
					r := rand.New(rand.NewPCG(3, uint64(dim)))
					vectors := make([][]float32, rows)
					center := make([]float32, dim)
					for row := range vectors {
						vectors[row] = make([]float32, dim)
						for i := range dim {
							vectors[row][i] = float32(value(r, row, i, dim))
							center[i] += vectors[row][i] / rows
						}
					}
					s := NewSpace(NewRotation(dim, Length(dim), 1), center, squared)
					checkBounds(t, s, vectors, r)
					if short := ShortLength(dim, 4); short < Length(dim) {
						checkBounds(t, NewSpace(NewRotation(dim, short, 1), center, squared), vectors, r)
					}
				})
			}
		}
	}
}

func checkBounds(t *testing.T, s *Space, vectors [][]float32, r *rand.Rand) {
	u := make([]float32, s.Len)
	blocks := kernel.Aligned(len(vectors) / kernel.ScanCodes * kernel.ScanWidth(Length(s.Dim), true))
	for _, bits := range []int{0, 1, 2, 4, 8} {
		if bits == 0 && s.Short() {
			continue // blocks of signs have the usual length
		}
		width := 16
		if bits > 0 {
			width = kernel.CodeStride(s.Len, bits) / 4
		}
		records := kernel.Aligned(len(vectors) * width)
		for i, x := range vectors {
			s.Centered(u, x)
			if bits == 0 {
				s.EncodeSigns(blocks[i/32*kernel.ScanWidth(s.Len, true):][:kernel.ScanWidth(s.Len, true)], i%32, x, u)
			} else {
				s.EncodeCentered(records[i*width:], x, bits, u)
			}
		}
		table := kernel.CodeTable{Chunks: [][]float32{records}, Shift: 8, Width: width}
		ids := make([]int32, len(vectors))
		for i := range ids {
			ids[i] = int32(i)
		}
		var q Query
		bias, spread := 0.0, 0.0
		for n := range 24 {
			x := append([]float32(nil), vectors[r.IntN(len(vectors))]...)
			if n%3 > 0 { // not one of the vectors
				for i, y := range vectors[r.IntN(len(vectors))] {
					x[i] += (y - x[i]) / 4
				}
			}
			q.Set(s, x)
			got, lower := make([]float32, len(vectors)), make([]float32, len(vectors))
			if bits == 0 {
				q.EncodeForSigns()
				masks := make([]uint32, len(vectors)/32)
				q.Signs.Scan(got, masks, blocks, true, 0, 0)
				q.Signs.Scan(lower, masks, blocks, true, q.Slack(0), 0)
			} else {
				q.EncodeFor(bits)
				table.Distances(got, &q.Codes, ids)
				for i := range lower {
					lower[i] = got[i] - q.Slack(bits)*kernel.CodeBound(records[i*width:], s.Len, bits)
				}
			}
			for i, v := range vectors {
				d := -dot(v, x)
				want := (d + q.center) / q.scale * (unit * unit)
				if s.squared {
					d = 0
					for j, y := range v {
						d += (float64(y) - float64(x[j])) * (float64(y) - float64(x[j]))
					}
					want = d*unit*unit - q.length*q.length
				}
				bound := float64(got[i]) - float64(lower[i])
				miss := math.Abs(float64(got[i]) - want)
				rounding := float64(q.Limit(d)) - want
				if miss > bound+rounding {
					t.Fatalf("%d bits: vector %d: estimate %g, want %g within %g and %g", bits, i, got[i], want, bound, rounding)
				}
				if bound > 0 {
					bias += (float64(got[i]) - want) / bound
					spread++
				}
			}
		}
		if mean := bias / max(spread, 1); math.Abs(mean) > 0.12 {
			t.Errorf("%d bits: the mean error is %.3f of its bound, want none", bits, mean)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	const dim = 1024
	r := rand.New(rand.NewPCG(9, 9))
	x := make([]float32, dim)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	s := NewSpace(NewRotation(dim, Length(dim), 1), nil, true)
	u, code, block := make([]float32, dim), make([]float32, dim), make([]float32, kernel.ScanWidth(dim, true))
	for _, bits := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprintf("%d bits", bits), func(b *testing.B) {
			for b.Loop() {
				s.Encode(code, x, bits, u)
			}
		})
	}
	b.Run("signs", func(b *testing.B) {
		for b.Loop() {
			s.Centered(u, x)
			s.EncodeSigns(block, 1, x, u)
		}
	})
	var q Query
	b.Run("query, 4 bits", func(b *testing.B) {
		for b.Loop() {
			q.Set(s, x)
			q.EncodeFor(4)
		}
	})
	b.Run("query, signs", func(b *testing.B) {
		for b.Loop() {
			q.Set(s, x)
			q.EncodeForSigns()
		}
	})
}

// Errors beyond two standard deviations are as rare as those of a normal distribution, on data of every
// kind: Sigmas of them, then, are as rare as the package states.
func TestViolations(t *testing.T) {
	const rows, dim = 200, 128
	for name, value := range sets {
		if name == "constant" {
			continue // no error at all
		}
		beyond, all := 0, 0
		for seed := range uint64(12) { // a bound is about the rotation, so that there must be several
			r := rand.New(rand.NewPCG(5, seed))
			vectors := make([][]float32, rows)
			center := make([]float32, dim)
			for row := range vectors {
				vectors[row] = make([]float32, dim)
				for i := range dim {
					vectors[row][i] = float32(value(r, row, i, dim))
					center[i] += vectors[row][i] / rows
				}
			}
			s := NewSpace(NewRotation(dim, Length(dim), seed), center, true)
			u, code := make([]float32, s.Len), make([]float32, 64)
			var q Query
			for range 8 {
				q.Set(s, vectors[r.IntN(rows)])
				for _, v := range vectors {
					s.Centered(u, v)
					length := math.Sqrt(dot(u, u))
					along, square := kernel.EncodeCode(code, u, 1)
					if along == 0 {
						continue
					}
					// The estimate from the signs, without rounding of the query.
					signs := 0.0
					for i, x := range u {
						signs += math.Copysign(0.5, float64(x)) * float64(q.rotated[i])
					}
					f := length * length / along
					sigma := length * q.length * math.Sqrt(max(0, f*f*square/length/length-1)) / math.Sqrt(dim-1)
					all++
					if math.Abs(f*signs-dot(u, q.rotated)) > 2*sigma+1e-6*length*q.length {
						beyond++
					}
				}
			}
		}
		if part := float64(beyond) / float64(all); part > 0.0455*1.3 {
			t.Errorf("%s: %.4f of %d errors are beyond two standard deviations, want at most 0.0455", name, part, all)
		} else {
			t.Logf("%s: %.4f", name, part)
		}
	}
}

// A center is in the middle of two groups, in whatever order they come, and near the larger one if the other
// is small.
func TestCenterOf(t *testing.T) {
	const n = 9000
	for _, c := range []struct {
		every    int
		low, top float32
	}{{2, 4, 6}, {12, 0, 0.1}, {8, 0, 0.1}} {
		center, _ := CenterOf(n, 1, func(i int) []float32 {
			if i%c.every == 0 {
				return []float32{10}
			}
			return []float32{0}
		})
		if center[0] < c.low || center[0] > c.top {
			t.Errorf("one of %d is 10, the others 0: center %v, want from %v to %v", c.every, center[0], c.low, c.top)
		}
	}
	if center, _ := CenterOf(5, 1, func(int) []float32 { return nil }); center != nil {
		t.Errorf("center %v of nothing", center)
	}
}

// A shorter length saves a cache line of each code, and is never one whose halves hardly mix.
func TestShortLength(t *testing.T) {
	for _, c := range []struct{ dim, bits, want int }{
		{100, 4, 104}, {100, 8, 104}, {100, 2, 128}, {100, 1, 128}, {50, 8, 64}, {64, 4, 64}, {104, 4, 104}, {105, 4, 128}, {120, 8, 128},
		{200, 4, 200}, {300, 8, 304}, {300, 4, 320}, {384, 4, 384}, {768, 4, 768}, {1024, 4, 1024},
	} {
		if got := ShortLength(c.dim, c.bits); got != c.want {
			t.Errorf("%d values, %d bits: %d, want %d", c.dim, c.bits, got, c.want)
		}
	}
}

// Shorter rotations represent vectors of one value as well as others: no value is left unmixed.
func TestShortRotationMixes(t *testing.T) {
	for _, c := range [][2]int{{100, 104}, {112, 112}, {200, 200}, {300, 304}} {
		r := NewRotation(c[0], c[1], 3)
		for i := range c[0] {
			x := make([]float32, r.Len)
			x[i] = 1
			r.Apply(x)
			most := 0.0
			for _, v := range x {
				most = max(most, math.Abs(float64(v))/unit)
			}
			if limit := 6 / math.Sqrt(float64(r.Len)); most > limit {
				t.Errorf("%d values: one of value %d is %.3f, want at most %.3f", c[0], i, most, limit)
			}
		}
	}
}
