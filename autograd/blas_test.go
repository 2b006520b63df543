package autograd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// sgemm calls f and returns the value of its panic.
func sgemm(f func(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int),
	tA, tB blas.Transpose, m, n, k, lda, ldb, ldc int, beta float32, a, b, c []float32) (p any) {
	defer func() { p = recover() }()
	f(tA, tB, m, n, k, 0.5, a, lda, b, ldb, beta, c, ldc)
	return nil
}

// Sgemm behaves like gonum's with any arguments, including invalid ones.
func TestSgemmIsGonums(t *testing.T) {
	if _, ok := G.WhichBLAS().(kernelBLAS); !ok {
		t.Fatalf("gorgonia uses %T", G.WhichBLAS())
	}
	r := rand.New(rand.NewPCG(21, 22))
	transposes := []blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans, 0}
	panicked := 0
	for range 3000 {
		tA, tB := transposes[r.IntN(50)%len(transposes)], transposes[r.IntN(40)%3]
		size := func() int { return r.IntN(22) - 1 }
		m, n, k := size(), size(), size()
		lda, ldb, ldc := max(m, k)+r.IntN(4)-1, max(k, n)+r.IntN(4)-1, n+r.IntN(9)-1
		random := func() []float32 {
			x := make([]float32, 200+r.IntN(500))
			for i := range x {
				x[i] = r.Float32() - 0.5
			}
			return x
		}
		a, b, want := random(), random(), random()
		got := slices.Clone(want)
		beta := []float32{0, 1, 0.3}[r.IntN(3)]
		pWant := sgemm(gonum.Implementation{}.Sgemm, tA, tB, m, n, k, lda, ldb, ldc, beta, a, b, want)
		p := sgemm(kernelBLAS{}.Sgemm, tA, tB, m, n, k, lda, ldb, ldc, beta, a, b, got)
		call := fmt.Sprintf("Sgemm(%c, %c, %d, %d, %d, ld %d %d %d, beta %g)", tA, tB, m, n, k, lda, ldb, ldc, beta)
		if p != pWant {
			t.Fatalf("%s panics with %v, gonum's with %v", call, p, pWant)
		}
		if p != nil {
			panicked++
			continue
		}
		for i, v := range want {
			if math.Abs(float64(got[i]-v)) > 1e-5 {
				t.Fatalf("%s: value %d is %g, gonum's %g", call, i, got[i], v)
			}
		}
	}
	if panicked < 300 || panicked > 2700 {
		t.Errorf("%d of 3000 calls panic", panicked)
	}
}

// BenchmarkStockGraph runs a graph of gorgonia's own operations: a hidden layer, the
// similarities of a batch, and their gradients.
func BenchmarkStockGraph(b *testing.B) {
	const batch, dim = 512, 256
	random := func(rows, columns int) *tensor.Dense {
		r := rand.New(rand.NewPCG(23, 24))
		x := make([]float32, rows*columns)
		for i := range x {
			x[i] = (r.Float32() - 0.5) / 16
		}
		return tensor.New(tensor.WithShape(rows, columns), tensor.WithBacking(x))
	}
	for _, c := range []struct {
		name string
		blas G.BLAS
	}{{"kernels", kernelBLAS{}}, {"gonum", gonum.Implementation{}}} {
		b.Run(c.name, func(b *testing.B) {
			G.Use(c.blas)
			defer UseKernels()
			g := G.NewGraph()
			matrix := func(name string, rows, columns int) *G.Node {
				return G.NewMatrix(g, tensor.Float32, G.WithShape(rows, columns), G.WithName(name), G.WithValue(random(rows, columns)))
			}
			x, y, w := matrix("x", batch, dim), matrix("y", dim, batch), matrix("w", dim, dim)
			h := G.Must(G.Mul(x, w))
			s := G.Must(G.Mul(h, y))
			loss := G.Must(G.Mean(G.Must(G.Square(s))))
			if _, err := G.Grad(loss, w, y); err != nil {
				b.Fatal(err)
			}
			machine := G.NewTapeMachine(g, G.BindDualValues(w, y))
			defer machine.Close()
			for b.Loop() {
				machine.Reset()
				if err := machine.RunAll(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
