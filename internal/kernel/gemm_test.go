package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// gemmCase is a product of random matrices, each with guard values after its rows.
type gemmCase struct {
	tA, tB           bool
	m, n, k          int
	alpha, beta      float32
	a, b, c          []float32
	lda, ldb, ldc    int
	aAll, bAll, cAll []float32
}

func newGemmCase(r *rand.Rand, tA, tB bool, m, n, k int, alpha, beta float32) *gemmCase {
	g := &gemmCase{tA: tA, tB: tB, m: m, n: n, k: k, alpha: alpha, beta: beta}
	matrix := func(transposed bool, rows, columns int) (all, x []float32, ld int) {
		if transposed {
			rows, columns = columns, rows
		}
		ld = columns + r.IntN(5)
		all, x = guarded(r, max(0, (rows-1)*ld+columns), r.IntN(16))
		for i := range x {
			if i%max(ld, 1) >= columns {
				x[i] = guard
			}
		}
		return all, x, ld
	}
	g.aAll, g.a, g.lda = matrix(tA, m, k)
	g.bAll, g.b, g.ldb = matrix(tB, k, n)
	g.cAll, g.c, g.ldc = matrix(false, m, n)
	return g
}

func (g *gemmCase) run() {
	Gemm(g.tA, g.tB, g.m, g.n, g.k, g.alpha, g.a, g.lda, g.b, g.ldb, g.beta, g.c, g.ldc)
}

func (g *gemmCase) String() string {
	return fmt.Sprintf("tA %v tB %v %d×%d×%d alpha %g beta %g ld %d %d %d", g.tA, g.tB, g.m, g.n, g.k, g.alpha, g.beta, g.lda, g.ldb, g.ldc)
}

// check compares C with the definition in float64; before is the previous value of C.
func (g *gemmCase) check(t *testing.T, name string, before []float32) {
	t.Helper()
	what := fmt.Sprintf("%s: %v", name, g)
	p := product{tA: g.tA, tB: g.tB, m: g.m, n: g.n, k: g.k, alpha: g.alpha, beta: g.beta, a: g.a, b: g.b, c: g.c, lda: g.lda, ldb: g.ldb, ldc: g.ldc}
	for i := range g.m {
		for j := range g.n {
			var sum, size float64
			for q := range g.k {
				v := float64(g.a[p.aAt(i, q)]) * float64(g.b[p.bAt(q, j)])
				sum, size = sum+v, size+math.Abs(v)
			}
			sum, size = sum*float64(g.alpha), size*math.Abs(float64(g.alpha))
			if g.beta != 0 {
				v := float64(g.beta) * float64(before[i*g.ldc+j])
				sum, size = sum+v, size+math.Abs(v)
			}
			near(t, what, g.c[i*g.ldc+j], sum, size)
		}
	}
	for i, v := range g.c {
		if i%g.ldc >= g.n && v != guard {
			t.Fatalf("%s: wrote past row %d", what, i/g.ldc)
		}
	}
	checkGuards(t, what, g.cAll, len(g.c))
}

func TestGemm(t *testing.T) {
	sizes := []int{1, 2, 3, 5, 6, 7, 12, 13, 16, 17, 31, 33, 50, 65}
	scales := []float32{1, 0, -0.75, 2}
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(51, 52))
		check := func(m, n, k int) {
			g := newGemmCase(r, r.IntN(2) == 0, r.IntN(2) == 0, m, n, k, scales[r.IntN(4)], scales[r.IntN(4)])
			before := slices.Clone(g.c)
			g.run()
			g.check(t, name, before)
		}
		for _, m := range sizes {
			for _, n := range sizes {
				check(m, n, 1+r.IntN(50))
			}
		}
		for _, big := range [][3]int{
			{gemmHeight + 7, 40, 30}, {20, gemmWidth + 35, 9}, {13, 33, gemmDepth + 1}, {19, 21, 3*gemmDepth - 1},
			{0, 5, 5}, {5, 0, 5}, {5, 5, 0}, {1, 1, 1000}, {1, 500, 300}, {500, 1, 300}, {150, 70, 1024}, {3, 70, gemmDepth},
		} {
			for range 2 {
				check(big[0], big[1], big[2])
			}
		}
	})
}

// With beta 0 the previous value of C does not matter, with alpha 0 the values of A and B
// do not. Any other NaN shows in the result.
func TestGemmNaN(t *testing.T) {
	nan := float32(math.NaN())
	hasNaN := func(x []float32) bool { return slices.ContainsFunc(x, func(v float32) bool { return v != v }) }
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(53, 54))
		for _, m := range []int{5, 24} {
			for i := range m {
				g := newGemmCase(r, false, i%2 == 0, m, 37, 300, 0.5, 0)
				for j := range g.n {
					g.c[i*g.ldc+j] = nan
				}
				g.run()
				if hasNaN(g.c) {
					t.Fatalf("%s: %v reads C", name, g)
				}
				g.a[i*g.lda+17] = nan
				g.run()
				for j := range g.n {
					if v := g.c[i*g.ldc+j]; v == v {
						t.Fatalf("%s: %v hides a NaN", name, g)
					}
				}
				g.alpha = 0
				g.run()
				if hasNaN(g.c) {
					t.Fatalf("%s: %v reads A", name, g)
				}
			}
		}
	})
}

// Single rows, blocks of rows and any number of threads give the same bits as one call.
func TestGemmSameBits(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(55, 56))
		for _, size := range [][3]int{{200, 40, 300}, {20, 210, 600}, {14, 1100, 150}, {24, 30, 33_000}} {
			for form := range 4 {
				if size[2] > 10_000 && form != 1 {
					continue // long sums, of which B is packed in two portions, take long in plain Go
				}
				g := newGemmCase(r, form&1 != 0, form&2 != 0, size[0], size[1], size[2], 0.7, 0.3)
				before := slices.Clone(g.c)
				g.run()
				want := slices.Clone(g.c)
				same := func(what string, c []float32) {
					t.Helper()
					for i, v := range c {
						if math.Float32bits(v) != math.Float32bits(want[i]) {
							t.Fatalf("%s: %v: %s: value %d is %g, want %g", name, g, what, i, v, want[i])
						}
					}
				}
				for _, rows := range []int{1, 5, 50} {
					c := slices.Clone(before)
					p := product{tA: g.tA, tB: g.tB, m: g.m, n: g.n, k: g.k, alpha: g.alpha, beta: g.beta, a: g.a, b: g.b, c: c, lda: g.lda, ldb: g.ldb, ldc: g.ldc}
					for i := 0; i < g.m; i += rows {
						p.rows(i, min(rows, g.m-i)).run()
					}
					same(fmt.Sprintf("%d rows at a time", rows), c)
				}
				for _, threads := range []int{2, 3} {
					c := slices.Clone(before)
					GemmParallel(threads, g.tA, g.tB, g.m, g.n, g.k, g.alpha, g.a, g.lda, g.b, g.ldb, g.beta, c, g.ldc)
					same(fmt.Sprintf("%d threads", threads), c)
				}
			}
		}
	})
}

// A factor that was packed before gives the same bits, whatever is packed on the fly.
func TestFactor(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(57, 58))
		for _, size := range [][3]int{{1, 1, 1}, {3, 70, gemmDepth + 1}, {20, gemmWidth + 35, 600}, {gemmHeight + 7, 40, 30}, {17, 2*gemmWidth + 1, 300}, {5, 7, 0}} {
			for form := range 2 {
				g := newGemmCase(r, false, form == 1, size[0], size[1], size[2], 0.7, 0.3)
				f, before := NewFactor(g.tB, g.n, g.k, g.b, g.ldb), slices.Clone(g.c)
				g.run()
				for _, rows := range []int{1, 5, g.m} {
					c := slices.Clone(before)
					for i := 0; i < g.m; i += rows {
						f.Gemm(min(rows, g.m-i), g.alpha, g.a[i*g.lda:], g.lda, g.beta, c[i*g.ldc:], g.ldc)
					}
					for i, v := range c {
						if math.Float32bits(v) != math.Float32bits(g.c[i]) {
							t.Fatalf("%s: %v, %d rows at a time: value %d is %g, want %g", name, g, rows, i, v, g.c[i])
						}
					}
				}
			}
		}
	})
}

func TestGemmPanics(t *testing.T) {
	x := make([]float32, 11)
	panics(t, "short a", PanicMatrix, func() { Gemm(false, false, 3, 2, 4, 1, x, 4, x, 2, 0, x, 2) })
	panics(t, "short b", PanicMatrix, func() { Gemm(false, true, 2, 3, 4, 1, x, 4, x, 4, 0, x, 3) })
	panics(t, "short c", PanicMatrix, func() { Gemm(false, false, 3, 4, 2, 1, x, 2, x, 4, 0, x, 4) })
	panics(t, "lda", PanicMatrix, func() { Gemm(true, false, 3, 2, 2, 1, x, 2, x, 2, 0, x, 2) })
	panics(t, "negative", PanicMatrix, func() { Gemm(true, false, -1, 2, 2, 1, x, 2, x, 2, 0, x, 2) })
	panics(t, "parallel", PanicMatrix, func() { GemmParallel(2, false, false, 3, 2, 4, 1, x, 4, x, 2, 0, x, 2) })
}

// BenchmarkGemm reports the GFLOP/s of one thread, and those of gonum (which uses
// GOMAXPROCS threads), for the sizes of the pair trainer.
func BenchmarkGemm(b *testing.B) {
	for _, s := range []struct {
		what    string
		tA, tB  bool
		m, n, k int
	}{
		{"similarities", false, true, 1024, 1024, 256},
		{"gradient", false, false, 1024, 256, 1024},
		{"gradientT", true, false, 1024, 256, 1024},
		{"hidden", false, true, 6000, 256, 256},
		{"hiddenNN", false, false, 6000, 256, 256},
		{"weights", true, false, 256, 256, 6000},
		{"skinny", false, true, 20, 256, 256},
		{"small", false, false, 32, 32, 32},
	} {
		x, y, z := Aligned(s.m*s.k), Aligned(s.k*s.n), Aligned(s.m*s.n)
		lda, ldb := s.k, s.n
		if s.tA {
			lda = s.m
		}
		if s.tB {
			ldb = s.k
		}
		r := rand.New(rand.NewPCG(57, 58))
		for i := range x {
			x[i] = r.Float32()
		}
		for i := range y {
			y[i] = r.Float32()
		}
		shape := fmt.Sprintf("%s/%dx%dx%d/", s.what, s.m, s.n, s.k)
		bench := func(name string, f func()) {
			b.Run(shape+name, func(b *testing.B) {
				for b.Loop() {
					f()
				}
				b.ReportMetric(2*float64(s.m)*float64(s.n)*float64(s.k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
		eachLevel(b, func(name string) {
			bench(name, func() { Gemm(s.tA, s.tB, s.m, s.n, s.k, 1, x, lda, y, ldb, 0, z, s.n) })
		})
		threads := runtime.GOMAXPROCS(0)
		bench(fmt.Sprintf("%dthreads", threads), func() { GemmParallel(threads, s.tA, s.tB, s.m, s.n, s.k, 1, x, lda, y, ldb, 0, z, s.n) })
		flag := map[bool]blas.Transpose{false: blas.NoTrans, true: blas.Trans}
		bench("gonum", func() {
			gonum.Implementation{}.Sgemm(flag[s.tA], flag[s.tB], s.m, s.n, s.k, 1, x, lda, y, ldb, 0, z, s.n)
		})
	}
}
