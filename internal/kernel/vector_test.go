package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

const (
	longest = 1100
	guard   = float32(-12345.5)
	guards  = 17
)

// guarded returns n random values between guard values, starting shift floats
// past a 64-byte boundary.
func guarded(r *rand.Rand, n, shift int) (all, x []float32) {
	all = Aligned(shift + n + 2*guards)[shift:]
	for i := range all {
		all[i] = guard
	}
	x = all[guards : guards+n : guards+n]
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return all, x
}

func checkGuards(t *testing.T, what string, all []float32, n int) {
	t.Helper()
	for i, v := range all {
		if (i < guards || i >= guards+n) && v != guard {
			t.Fatalf("%s: guard at %d overwritten with %g", what, i-guards, v)
		}
	}
}

// near fails unless got is within the rounding error of a sum whose absolute terms add up
// to size.
func near(t *testing.T, what string, got float32, want, size float64) {
	if math.Abs(float64(got)-want) > 2e-6*size+1e-30 {
		t.Helper() // only on failure, because it takes longer than the rest
		t.Fatalf("%s = %g, want %g", what, got, want)
	}
}

func TestReductions(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(1, 2))
		for n := 0; n <= longest; n++ {
			_, x := guarded(r, n, n%16)
			_, y := guarded(r, n, n/16%16)
			var inner, innerSize, square float64
			for i := range x {
				p := float64(x[i]) * float64(y[i])
				d := float64(x[i]) - float64(y[i])
				inner, innerSize, square = inner+p, innerSize+math.Abs(p), square+d*d
			}
			near(t, fmt.Sprintf("%s: Dot of %d", name, n), Dot(x, y), inner, innerSize)
			near(t, fmt.Sprintf("%s: SquaredDistance of %d", name, n), SquaredDistance(x, y), square, square)
			near(t, fmt.Sprintf("Go: dot of %d", n), dotGo(x, y), inner, innerSize)
			near(t, fmt.Sprintf("Go: squared distance of %d", n), squaredDistanceGo(x, y), square, square)
			if n > 0 {
				// The second may be longer.
				near(t, fmt.Sprintf("%s: Dot of %d", name, n-1), Dot(x[:n-1], y), inner-float64(x[n-1])*float64(y[n-1]), innerSize)
			}
		}
	})
}

func TestElementwise(t *testing.T) {
	const alpha = float32(0.37)
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(3, 4))
		for n := 0; n <= longest; n++ {
			all, dst := guarded(r, n, n%16)
			xAll, x := guarded(r, n, n/16%16)
			want, before := append([]float32(nil), dst...), append([]float32(nil), x...)
			axpyGo(want, alpha, x)
			Axpy(dst, alpha, x)
			what := fmt.Sprintf("%s: Axpy of %d", name, n)
			for i := range dst {
				near(t, what, dst[i], float64(want[i]), 1)
			}
			scaleGo(want, alpha)
			Scale(dst, alpha)
			for i := range dst {
				near(t, fmt.Sprintf("%s: Scale of %d", name, n), dst[i], float64(want[i]), 1)
				if x[i] != before[i] {
					t.Fatalf("%s changed x", what)
				}
			}
			checkGuards(t, what, all, n)
			checkGuards(t, what, xAll, n)
		}
	})
}

func TestDots(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(5, 6))
		for n := 0; n <= longest; n += 1 + n/60 {
			count := r.IntN(28)
			stride := n + r.IntN(5)
			_, q := guarded(r, n, n%16)
			// The last row ends with its values, without padding.
			_, rows := guarded(r, max(0, (count-1)*stride+n), r.IntN(16))
			all, dst := guarded(r, count, r.IntN(16))
			Dots(dst, q, rows, stride)
			what := fmt.Sprintf("%s: Dots of %d rows of %d", name, count, n)
			for i := range dst {
				row := rows[i*stride:]
				var want, size float64
				for k := range q {
					p := float64(q[k]) * float64(row[k])
					want, size = want+p, size+math.Abs(p)
				}
				near(t, what, dst[i], want, size)
			}
			checkGuards(t, what, all, count)
		}
	})
}

func TestNaN(t *testing.T) {
	nan := float32(math.NaN())
	eachLevel(t, func(name string) {
		for n := 1; n < 70; n++ {
			x, y := make([]float32, n), make([]float32, n)
			x[n-1] = nan
			if d := Dot(x, y); d == d {
				t.Errorf("%s: Dot of %d hides a NaN: %g", name, n, d)
			}
			if d := SquaredDistance(x, y); d == d {
				t.Errorf("%s: SquaredDistance of %d hides a NaN: %g", name, n, d)
			}
		}
	})
}

func TestNorm(t *testing.T) {
	if got := Norm([]float32{3, 4}); got != 5 {
		t.Errorf("Norm(3, 4) = %g", got)
	}
}

func TestAligned(t *testing.T) {
	for _, n := range []int{0, 1, 15, 16, 17, 1000, 1 << 20} {
		x := Aligned(n)
		if len(x) != n || cap(x) != n || !aligned(x) {
			t.Errorf("Aligned(%d): length %d, capacity %d, aligned %v", n, len(x), cap(x), aligned(x))
		}
		for i, v := range x {
			if v != 0 {
				t.Fatalf("Aligned(%d)[%d] = %g", n, i, v)
			}
		}
	}
	for dim, want := range map[int]int{1: 16, 16: 16, 17: 32, 100: 112, 300: 304} {
		if got := Stride(dim); got != want {
			t.Errorf("Stride(%d) = %d, want %d", dim, got, want)
		}
	}
}

// panics runs f and fails unless it panics with want.
func panics(t *testing.T, what, want string, f func()) {
	t.Helper()
	defer func() {
		if got := recover(); got != want {
			t.Errorf("%s: panic %v, want %q", what, got, want)
		}
	}()
	f()
}

func TestVectorPanics(t *testing.T) {
	a, b := make([]float32, 3), make([]float32, 4)
	panics(t, "Dot", PanicLength, func() { Dot(b, a) })
	panics(t, "SquaredDistance", PanicLength, func() { SquaredDistance(b, a) })
	panics(t, "Axpy", PanicLength, func() { Axpy(a, 1, b) })
	panics(t, "Dots stride", PanicRows, func() { Dots(a, b, make([]float32, 100), 3) })
	panics(t, "Dots rows", PanicRows, func() { Dots(a, b, make([]float32, 11), 4) })
}

// A scan returns the same bits as the kernel for two vectors, and writes nothing else.
func TestScan(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(17, 18))
		for n := range 300 {
			count, stride := r.IntN(12), n+r.IntN(5)
			q, rows := make([]float32, n), make([]float32, max(0, count*stride-r.IntN(stride-n+1)))
			for _, x := range [][]float32{q, rows} {
				for i := range x {
					x[i] = float32(r.NormFloat64())
				}
			}
			for _, k := range []struct {
				scan func(dst, q, rows []float32, stride int)
				one  func(x, y []float32) float32
			}{{DotScan, Dot}, {SquaredDistanceScan, SquaredDistance}} {
				all, dst := guarded(r, count, n%16)
				k.scan(dst, q, rows, stride)
				checkGuards(t, name, all, count)
				for i, d := range dst {
					if want := k.one(q, rows[i*stride:]); d != want {
						t.Fatalf("%s: row %d of %d, %d values: %g, want %g", name, i, count, n, d, want)
					}
				}
			}
		}
	})
	panics(t, "rows", PanicRows, func() { DotScan(make([]float32, 3), make([]float32, 4), make([]float32, 11), 4) })
}

func TestFirstAbove(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(15, 16))
		nan := float32(math.NaN())
		for n := range 200 {
			for range 20 {
				x := make([]float32, n)
				for i := range x {
					x[i] = float32(r.IntN(1 + r.IntN(30)))
					if r.IntN(10) == 0 {
						x[i] = nan
					}
				}
				for _, bound := range []float32{float32(r.IntN(30)), -1, nan, float32(math.Inf(-1)), float32(math.Inf(1))} {
					if got, want := FirstAbove(x, bound), firstAboveGo(x, bound); got != want {
						t.Fatalf("%s: first above %g of %v: %d, want %d", name, bound, x, got, want)
					}
				}
			}
		}
	})
}

func BenchmarkDot(b *testing.B) {
	for _, n := range []int{100, 300, 1024} {
		x, y := Aligned(n), Aligned(n)
		eachLevel(b, func(name string) {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				var s float32
				for b.Loop() {
					s += Dot(x, y)
				}
				_ = s
			})
		})
	}
}

func BenchmarkSquaredDistance(b *testing.B) {
	x, y := Aligned(100), Aligned(100)
	eachLevel(b, func(name string) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				SquaredDistance(x, y)
			}
		})
	})
}

func BenchmarkDots(b *testing.B) {
	const count, dim = 1024, 100
	dst, q, rows := Aligned(count), Aligned(dim), Aligned(count*Stride(dim))
	eachLevel(b, func(name string) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Dots(dst, q, rows, Stride(dim))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/count, "ns/row")
		})
	})
}
