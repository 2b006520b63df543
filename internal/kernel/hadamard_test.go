package kernel

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// Every pass has the bits of its definition and writes nothing else; the product with the matrix is
// that with the entries (-1)^(number of ones in i&j), in float64.
func TestHadamard(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(61, 62))
		for n := 64; n <= 4096; n *= 2 {
			all, x := guarded(r, n, n/64%16)
			want := append([]float32(nil), x...)
			exact := make([]float64, n)
			for i := range exact {
				for j, v := range x {
					exact[i] += float64(v) * float64(1-2*(bits.OnesCount(uint(i&j))&1))
				}
			}
			hadamardGo(want)
			Hadamard(x)
			checkGuards(t, name, all, n)
			for i, v := range x {
				if v != want[i] {
					t.Fatalf("%s: Hadamard of %d: value %d is %g, want %g", name, n, i, v, want[i])
				}
				if math.Abs(float64(v)-exact[i]) > 1e-6*float64(n) {
					t.Fatalf("Hadamard of %d: value %d is %g, want %g", n, i, v, exact[i])
				}
			}
		}
		for n := 0; n <= 320; n += Lanes {
			for _, c := range []struct {
				name       string
				fast, slow func(x, y []float32)
			}{{"Multiply", Multiply, multiplyGo}, {"Butterflies", Butterflies, butterfliesGo}} {
				allX, x := guarded(r, n, 3)
				allY, y := guarded(r, n, 5)
				wantX, wantY := append([]float32(nil), x...), append([]float32(nil), y...)
				c.slow(wantX, wantY)
				c.fast(x, y)
				checkGuards(t, name, allX, n)
				checkGuards(t, name, allY, n)
				for i := range x {
					if x[i] != wantX[i] || y[i] != wantY[i] {
						t.Fatalf("%s: %s of %d: values %d are %g and %g, want %g and %g", name, c.name, n, i, x[i], y[i], wantX[i], wantY[i])
					}
				}
			}
		}
	})
	panics(t, "power", PanicPower, func() { Hadamard(make([]float32, 96)) })
	panics(t, "short power", PanicPower, func() { Hadamard(make([]float32, 32)) })
	panics(t, "other length", PanicLength, func() { Butterflies(make([]float32, 16), make([]float32, 32)) })
	panics(t, "short factors", PanicLength, func() { Multiply(make([]float32, 32), make([]float32, 16)) })
}

func BenchmarkHadamard(b *testing.B) {
	x := make([]float32, 1024)
	for b.Loop() {
		Hadamard(x)
	}
}
