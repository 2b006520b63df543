package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func exactGELU(y float64) float64 { return y * math.Erfc(-y/math.Sqrt2) / 2 }

func TestBiasGELU(t *testing.T) {
	eachLevel(t, func(name string) {
		worst, at := 0.0, float32(0)
		x, dst, none := make([]float32, 4097), make([]float32, 4097), make([]float32, 4097)
		for low := float32(-20); low < 20; low++ {
			for i := range x {
				x[i] = low + float32(i)/4096
			}
			BiasGELU(dst, x, none)
			for i, y := range x {
				if e := math.Abs(float64(dst[i])-exactGELU(float64(y))) / max(1, math.Abs(float64(y))); e > worst {
					worst, at = e, y
				}
			}
		}
		t.Logf("%s: largest error %.2g, at %g", name, worst, at)
		if worst > 2.5e-7 {
			t.Errorf("%s: error %g at %g", name, worst, at)
		}
		r := rand.New(rand.NewPCG(71, 72))
		for n := 0; n <= longest; n += 1 + n/60 {
			const rows = 3
			_, x := guarded(r, rows*n, n%16)
			_, bias := guarded(r, n, r.IntN(16))
			all, dst := guarded(r, rows*n, r.IntN(16))
			BiasGELU(dst, x, bias)
			what := fmt.Sprintf("%s: BiasGELU of %d", name, n)
			for i := range dst {
				y := float64(x[i] + bias[i%n])
				near(t, what, dst[i], exactGELU(y), math.Abs(y)+1)
			}
			checkGuards(t, what, all, rows*n)
			BiasGELU(x, x, bias)
			for i := range x {
				if x[i] != dst[i] {
					t.Fatalf("%s in place: value %d is %g, want %g", what, i, x[i], dst[i])
				}
			}
		}
		inf := float32(math.Inf(1))
		for _, c := range []struct{ y, want float32 }{{0, 0}, {100, 100}, {-100, 0}, {1e30, 1e30}, {-1e18, 0}, {inf, inf}} {
			for _, n := range []int{1, 40} {
				x, none := make([]float32, n), make([]float32, n)
				for i := range x {
					x[i] = c.y
				}
				if BiasGELU(x, x, none); x[n/2] != c.want && c.y != inf {
					t.Errorf("%s: GELU(%g) = %g, want %g", name, c.y, x[n/2], c.want)
				}
			}
		}
		nan := []float32{float32(math.NaN())}
		if BiasGELU(nan, nan, []float32{1}); nan[0] == nan[0] {
			t.Errorf("%s: GELU of NaN = %g", name, nan[0])
		}
	})
}

func TestLayerNorm(t *testing.T) {
	const epsilon = 1e-5
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(73, 74))
		for n := 1; n <= longest; n += 1 + n/60 {
			const rows = 3
			_, x := guarded(r, rows*n, n%16)
			for i := range x[:n] {
				x[i] += 100 // where Σx² would cancel
			}
			_, gain := guarded(r, n, r.IntN(16))
			_, bias := guarded(r, n, r.IntN(16))
			all, dst := guarded(r, rows*n, r.IntN(16))
			LayerNorm(dst, x, gain, bias, epsilon)
			what := fmt.Sprintf("%s: LayerNorm of %d", name, n)
			for row := range rows {
				var mean, variance float64
				for _, v := range x[row*n : (row+1)*n] {
					mean += float64(v) / float64(n)
				}
				for _, v := range x[row*n : (row+1)*n] {
					variance += (float64(v) - mean) * (float64(v) - mean) / float64(n)
				}
				for i := range n {
					z := (float64(x[row*n+i]) - mean) / math.Sqrt(variance+epsilon)
					near(t, what, dst[row*n+i], z*float64(gain[i])+float64(bias[i]), 20*(math.Abs(z*float64(gain[i]))+1))
				}
			}
			checkGuards(t, what, all, rows*n)
		}
	})
}

func TestAttentionPanics(t *testing.T) {
	a, b := make([]float32, 3), make([]float32, 4)
	panics(t, "BiasGELU", PanicLength, func() { BiasGELU(a, b, b) })
	panics(t, "BiasGELU rows", PanicLength, func() { BiasGELU(b, b, a) })
	panics(t, "LayerNorm", PanicLength, func() { LayerNorm(a, b, b, b, 1) })
	panics(t, "LayerNorm bias", PanicLength, func() { LayerNorm(b, b, b, a, 1) })
}

func BenchmarkBiasGELU(b *testing.B) {
	x, bias := make([]float32, 64*1536), make([]float32, 1536)
	for i := range x {
		x[i] = float32(i%100)/20 - 2.5
	}
	dst := make([]float32, len(x))
	b.SetBytes(int64(4 * len(x)))
	for range b.N {
		BiasGELU(dst, x, bias)
	}
}
