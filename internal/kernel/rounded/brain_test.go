package rounded

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/luminavec/luminavec/internal/kernel"
)

// Numbers are rounded to 8 significant bits, half to even, as math/big does.
func TestRoundBrains(t *testing.T) {
	kernel.EachLevel(func(name string) {
		rng := rand.New(rand.NewPCG(7, 8))
		for n := 0; n <= longest; n++ {
			x, got := make([]float32, n), make([]uint16, n+1)
			for i := range x {
				x[i] = float32(rng.NormFloat64()) * float32(math.Ldexp(1, rng.IntN(60)-30))
				if i%3 == 0 { // halfway between two, or near to it
					x[i] = math.Float32frombits(math.Float32bits(x[i])&^0xffff | 0x8000 + uint32(rng.IntN(3)) - 1)
				}
			}
			roundBrains(got[:n], x)
			for i, v := range x {
				want, _ := new(big.Float).SetPrec(8).SetMode(big.ToNearestEven).SetFloat64(float64(v)).Float32()
				if f := math.Float32frombits(uint32(got[i]) << 16); f != want {
					t.Fatalf("%s: %g is rounded to %g, want %g", name, v, f, want)
				}
			}
			if got[n] != 0 {
				t.Fatalf("%s: %d values: one more was written", name, n)
			}
		}
	})
}

// The product is that of the rounded numbers, computed in float64.
func TestBrainFactor(t *testing.T) {
	kernel.EachLevel(func(name string) {
		rng := rand.New(rand.NewPCG(9, 10))
		rounded := func(v float32) float64 {
			f, _ := new(big.Float).SetPrec(8).SetMode(big.ToNearestEven).SetFloat64(float64(v)).Float64()
			return f
		}
		var s BrainRows
		for _, c := range []struct{ m, n, k int }{{1, 1, 1}, {12, 32, 16}, {13, 33, 7}, {30, 70, 100}, {3, 64, 33}, {25, 31, 200}} {
			lda, ldb, ldc := c.k+3, c.k+1, c.n+2
			random := func(n int) []float32 {
				x := make([]float32, n)
				for i := range x {
					x[i] = float32(rng.NormFloat64())
				}
				return x
			}
			a, b, bias, old := random(c.m*lda), random(c.n*ldb), random(c.n), random(c.m*ldc)
			f := NewBrainFactor(c.n, c.k, b, ldb)
			for _, add := range []bool{false, true} {
				for _, shift := range [][]float32{nil, bias} {
					got := slices.Clone(old)
					f.Gemm(&s, c.m, a, lda, shift, add, got, ldc)
					for i := range c.m {
						for j := range ldc {
							if j >= c.n {
								if got[i*ldc+j] != old[i*ldc+j] {
									t.Fatalf("%s, %v: value %d, %d beyond the matrix was written", name, c, i, j)
								}
								continue
							}
							want, sizes := 0.0, 1.0
							for p := range c.k {
								v := rounded(a[i*lda+p]) * rounded(b[j*ldb+p])
								want, sizes = want+v, sizes+math.Abs(v)
							}
							if shift != nil {
								want += float64(shift[j])
							}
							if add {
								want += float64(old[i*ldc+j])
							}
							if math.Abs(float64(got[i*ldc+j])-want) > 1e-6*sizes {
								t.Fatalf("%s, %v, add %v: value %d, %d is %g, want %g", name, c, add, i, j, got[i*ldc+j], want)
							}
						}
					}
				}
			}
		}
		defer func() {
			if recover() != kernel.PanicMatrix {
				t.Error("a slice that is too short is accepted")
			}
		}()
		NewBrainFactor(2, 2, make([]float32, 4), 2).Gemm(&s, 2, make([]float32, 3), 2, nil, false, make([]float32, 4), 2)
	})
}
