package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// Over the whole range of arguments the relative error stays below 2e-7.
func TestExp(t *testing.T) {
	eachLevel(t, func(name string) {
		const n = 1 << 16
		x, dst := make([]float32, n+5), make([]float32, n+5)
		worst, at := 0.0, float32(0)
		for low := float64(-87.33); low < 88.72; low += 44 {
			for i := range x {
				x[i] = float32(min(low+44*float64(i)/n, 88.722))
			}
			ExpSum(dst, x, 1, 0)
			for i, v := range x {
				want := math.Exp(float64(v))
				if e := math.Abs(float64(dst[i])-want) / want; e > worst {
					worst, at = e, v
				}
			}
		}
		t.Logf("%s: largest relative error %.2g, at %g", name, worst, at)
		if worst > 2e-7 {
			t.Errorf("%s: relative error %g at %g", name, worst, at)
		}
	})
}

func TestExpEnds(t *testing.T) {
	inf, most := float32(math.Inf(1)), float32(math.Exp(88.722))
	eachLevel(t, func(name string) {
		for _, c := range []struct{ x, want float32 }{
			{-87.34, 0}, {-100, 0}, {-104, 0}, {-1e30, 0}, {-math.MaxFloat32, 0}, {-inf, 0},
			{0, 1}, {float32(math.Copysign(0, -1)), 1}, {1e-40, 1}, {-1e-10, 1},
			{89, most}, {1e30, most}, {inf, most}, {float32(math.NaN()), float32(math.NaN())},
			{math.Float32frombits(0xffc001ff), float32(math.NaN())},
		} {
			for _, n := range []int{1, 40} { // in the tail, and outside it
				x, dst := make([]float32, n), make([]float32, n)
				for i := range x {
					x[i] = c.x
				}
				sum := ExpSum(dst, x, 1, 0)
				got := dst[n/2]
				if c.want != c.want {
					if got == got || sum == sum {
						t.Errorf("%s: exp of NaN = %g, sum %g", name, got, sum)
					}
				} else if math.Abs(float64(got-c.want)) > 1e-4*float64(c.want) {
					t.Errorf("%s: exp(%g) = %g, want %g", name, c.x, got, c.want)
				}
			}
		}
	})
}

func TestSoftmaxRows(t *testing.T) {
	const scale, shift = float32(1.7), float32(-0.6)
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(61, 62))
		for n := 0; n <= longest; n += 1 + n/60 {
			_, x := guarded(r, n, n%16)
			all, dst := guarded(r, n, n/16%16)
			columnsAll, columns := guarded(r, n, r.IntN(16))
			before := append([]float32(nil), columns...)
			want, sum := make([]float64, n), 0.0
			for i, v := range x {
				want[i] = math.Exp(float64(scale*v + shift))
				sum += want[i]
			}
			what := fmt.Sprintf("%s: ExpSum of %d", name, n)
			check := func(got float32) {
				t.Helper()
				near(t, what, got, sum, sum)
				for i := range dst {
					near(t, what, dst[i], want[i], want[i])
				}
				checkGuards(t, what, all, n)
				checkGuards(t, what, columnsAll, n)
			}
			check(ExpSum(dst, x, scale, shift))
			check(ExpSumColumns(dst, columns, x, scale, shift))
			for i := range columns {
				near(t, what, columns[i], want[i]+float64(before[i]), want[i]+1)
			}
			what = fmt.Sprintf("%s: SoftmaxGradient of %d", name, n)
			SoftmaxGradient(dst, dst, columns, 0.25)
			for i := range want {
				factor := 0.25 + float64(columns[i])
				near(t, what, dst[i], want[i]*factor, want[i]*(math.Abs(factor)+1))
			}
			checkGuards(t, what, all, n)
			ExpSum(dst, x, scale, shift)
			ExpSum(x, x, scale, shift) // in place
			for i := range x {
				if x[i] != dst[i] {
					t.Fatalf("%s in place: value %d is %g, want %g", what, i, x[i], dst[i])
				}
			}
		}
	})
}

func TestExpPanics(t *testing.T) {
	a, b := make([]float32, 3), make([]float32, 4)
	panics(t, "ExpSum", PanicLength, func() { ExpSum(a, b, 1, 0) })
	panics(t, "columns", PanicLength, func() { ExpSumColumns(b, a, b, 1, 0) })
	panics(t, "gradient", PanicLength, func() { SoftmaxGradient(a, b, b, 1) })
	panics(t, "gradient columns", PanicLength, func() { SoftmaxGradient(b, b, a, 1) })
}

// Rows of a batch of 1,024: GB/s read and written.
func BenchmarkExp(b *testing.B) {
	const n = 1024
	x, dst, columns := Aligned(n), Aligned(n), Aligned(n)
	r := rand.New(rand.NewPCG(65, 66))
	for i := range x {
		x[i] = -20 * r.Float32()
	}
	for _, k := range []struct {
		name   string
		floats int
		f      func()
	}{
		{"ExpSum", 2 * n, func() { ExpSum(dst, x, 1, 0) }},
		{"ExpSumColumns", 4 * n, func() { ExpSumColumns(dst, columns, x, 1, 0) }},
		{"SoftmaxGradient", 3 * n, func() { SoftmaxGradient(dst, x, columns, 1) }},
	} {
		benchmarkLevels(b, k.name, k.floats, k.f)
	}
}

// benchmarkLevels runs f, which reads and writes the given number of floats, at every level.
func benchmarkLevels(b *testing.B, what string, floats int, f func()) {
	eachLevel(b, func(name string) {
		b.Run(what+"/"+name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(4*float64(floats)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
		})
	})
}

// The largest value is found wherever it is, whatever the length.
func TestMaximum(t *testing.T) {
	eachLevel(t, func(name string) {
		for n := 1; n <= 70; n++ {
			x := make([]float32, n)
			for at := range n {
				for i := range x {
					x[i] = -7 - float32((i*13+at)%5)
				}
				x[at] = -5
				if got := Maximum(x); got != -5 {
					t.Fatalf("%s: the largest of %d values, at %d, is %g, want -5", name, n, at, got)
				}
			}
		}
		x := make([]float32, 33)
		for i := range x {
			x[i] = float32(math.Inf(-1))
		}
		x[20] = -1e30
		if got := Maximum(x); got != -1e30 {
			t.Errorf("%s: the largest of infinities and -1e30 is %g", name, got)
		}
	})
}
