package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// Several steps of each optimizer agree with its equations in float64, at every length.
func TestOptimizers(t *testing.T) {
	const lr, momentum, epsilon, beta1, beta2, decay = 0.05, 0.9, 1e-6, 0.9, 0.99, 0.1
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(91, 92))
		for n := 0; n <= longest; n += 1 + n/60 {
			for _, rule := range []string{"sgd", "momentum", "adagrad", "adam"} {
				what := fmt.Sprintf("%s: %s of %d", name, rule, n)
				wAll, w := guarded(r, n, n%16)
				aAll, a := guarded(r, n, r.IntN(16))
				bAll, b := guarded(r, n, r.IntN(16))
				gAll, g := guarded(r, n, r.IntN(16))
				clear(a)
				clear(b)
				wantW, wantA, wantB := widen(w), widen(a), widen(b)
				for step := 1; step <= 3; step++ {
					for i := range g {
						g[i] = float32(r.NormFloat64())
					}
					s := NewAdamStep(lr, beta1, beta2, epsilon, decay, step)
					switch rule {
					case "sgd":
						SGDRow(w, nil, g, lr, momentum)
					case "momentum":
						SGDRow(w, a, g, lr, momentum)
					case "adagrad":
						AdaGradRow(w, a, g, lr, epsilon)
					case "adam":
						AdamRow(w, a, b, g, &s)
					}
					for i, v := range g {
						d := float64(v)
						switch rule {
						case "sgd":
							wantW[i] -= lr * d
						case "momentum":
							wantA[i] = momentum*wantA[i] + d
							wantW[i] -= lr * wantA[i]
						case "adagrad":
							wantA[i] += d * d
							wantW[i] -= lr * d / (math.Sqrt(wantA[i]) + epsilon)
						case "adam":
							wantA[i] = beta1*wantA[i] + (1-beta1)*d
							wantB[i] = beta2*wantB[i] + (1-beta2)*d*d
							m, u := wantA[i]/(1-math.Pow(beta1, float64(step))), wantB[i]/(1-math.Pow(beta2, float64(step)))
							wantW[i] = (1-lr*decay)*wantW[i] - lr*m/(math.Sqrt(u)+epsilon)
						}
					}
				}
				if d := max(largestDifference(w, wantW), largestDifference(a, wantA), largestDifference(b, wantB)); d > 5e-6 {
					t.Fatalf("%s differs by %g", what, d)
				}
				for _, all := range [][]float32{wAll, aAll, bAll, gAll} {
					checkGuards(t, what, all, n)
				}
			}
		}
	})
}

func TestOptimizerPanics(t *testing.T) {
	x, y := make([]float32, 4), make([]float32, 3)
	s := NewAdamStep(0.1, 0.9, 0.999, 1e-8, 0, 1)
	panics(t, "sgd", PanicLength, func() { SGDRow(x, nil, y, 1, 0) })
	panics(t, "momentum", PanicLength, func() { SGDRow(x, y, x, 1, 0) })
	panics(t, "adagrad", PanicLength, func() { AdaGradRow(x, y, x, 1, 0) })
	panics(t, "adam", PanicLength, func() { AdamRow(x, x, y, x, &s) })
}

func BenchmarkOptimizers(b *testing.B) {
	const n = 256
	w, x, y, g := Aligned(n), Aligned(n), Aligned(n), Aligned(n)
	for i := range g {
		g[i] = 1e-3
	}
	s := NewAdamStep(1e-6, 0.9, 0.999, 1e-8, 0, 1)
	benchmarkLevels(b, "SGD", 3*n, func() { SGDRow(w, nil, g, 1e-6, 0) })
	benchmarkLevels(b, "Momentum", 5*n, func() { SGDRow(w, x, g, 1e-6, 0.9) })
	benchmarkLevels(b, "AdaGrad", 5*n, func() { AdaGradRow(w, x, g, 1e-6, 1e-6) })
	benchmarkLevels(b, "Adam", 7*n, func() { AdamRow(w, x, y, g, &s) })
}
