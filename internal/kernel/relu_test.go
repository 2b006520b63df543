package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestReLU(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(81, 82))
		for n := 0; n <= 300; n++ {
			rows := r.IntN(4)
			what := fmt.Sprintf("%s: %d rows of %d", name, rows, n)
			biasAll, bias := guarded(r, n, n%16)
			_, x := guarded(r, rows*n, r.IntN(16))
			yAll, y := guarded(r, rows*n, r.IntN(16))
			dAll, d := guarded(r, rows*n, r.IntN(16))
			BiasReLU(y, x, bias)
			want := widen(bias)
			for i := range y {
				if v := max(0, x[i]+bias[i%n]); y[i] != v {
					t.Fatalf("%s: value %d is %g, want %g", what, i, y[i], v)
				}
				if y[i] > 0 {
					want[i%n] += float64(d[i])
				}
			}
			before := append([]float32(nil), d...)
			ReLUGradient(d, bias, y, d)
			for i := range d {
				if v := before[i]; d[i] != v && y[i] > 0 || d[i] != 0 && y[i] <= 0 {
					t.Fatalf("%s: gradient %d is %g for %g at %g", what, i, d[i], v, y[i])
				}
			}
			if g := largestDifference(bias, want); g > 1e-5 {
				t.Fatalf("%s: gradient of the bias differs by %g", what, g)
			}
			checkGuards(t, what, biasAll, n)
			checkGuards(t, what, yAll, rows*n)
			checkGuards(t, what, dAll, rows*n)
		}
		for _, n := range []int{3, 20} {
			x, y := make([]float32, n), make([]float32, n)
			x[n-1] = float32(math.NaN())
			BiasReLU(y, x, make([]float32, n))
			if v := y[n-1]; v == v {
				t.Errorf("%s: a NaN is hidden: %g", name, v)
			}
		}
	})
}

func TestReLUPanics(t *testing.T) {
	x := make([]float32, 12)
	panics(t, "rows", PanicLength, func() { BiasReLU(x, x, x[:5]) })
	panics(t, "no columns", PanicLength, func() { BiasReLU(x, x, nil) })
	panics(t, "dst", PanicLength, func() { BiasReLU(x[1:], x, x[:6]) })
	panics(t, "gradient", PanicLength, func() { ReLUGradient(x, x[:6], x, x[1:]) })
	panics(t, "gradient rows", PanicLength, func() { ReLUGradient(x, x[:5], x, x) })
}

func BenchmarkReLU(b *testing.B) {
	const rows, n = 64, 256
	x, y, bias := Aligned(rows*n), Aligned(rows*n), Aligned(n)
	benchmarkLevels(b, "BiasReLU", 2*rows*n, func() { BiasReLU(y, x, bias) })
	benchmarkLevels(b, "ReLUGradient", 3*rows*n, func() { ReLUGradient(x, bias, y, x) })
}
