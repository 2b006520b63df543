package autograd

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

func TestClipNorm(t *testing.T) {
	a, b := []float32{3, 0}, []float32{0, -4, 12}
	for _, limit := range []float64{0, -1, 13, 20} { // no limit, or one that is not exceeded
		if norm, err := ClipNorm(1, limit, a, b); err != nil || norm != 13 || a[0] != 3 || b[2] != 12 {
			t.Errorf("limit %g: norm %g, %v, gradients %v %v", limit, norm, err, a, b)
		}
	}
	if norm, err := ClipNorm(2, 6.5, a, b); err != nil || norm != 13 || a[0] != 1.5 || b[1] != -2 || b[2] != 6 {
		t.Errorf("norm %g, %v, gradients %v %v", norm, err, a, b)
	}
	if norm, err := ClipNorm(1, 1); norm != 0 || err != nil {
		t.Errorf("no gradients: %g, %v", norm, err)
	}
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(-1)), 1e30} {
		g := []float32{5, bad}
		if _, err := ClipNorm(2, 1, a, g); !errors.Is(err, ErrNotFinite) || g[0] != 5 {
			t.Errorf("%g: %v, gradient %v", bad, err, g)
		}
	}
}

// The norm equals that of a plain sum for all lengths, and a clipped gradient has the requested
// norm.
func TestClipNormLengths(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var grads [][]float32
		sum := 0.0
		for range 1 + rng.IntN(4) {
			g := make([]float32, rng.IntN(3000))
			for i := range g {
				g[i] = rng.Float32() - 0.5
				sum += float64(g[i]) * float64(g[i])
			}
			grads = append(grads, g)
		}
		want := math.Sqrt(sum)
		got, err := ClipNorm(3, want/3, grads...)
		if err != nil || math.Abs(got-want) > 1e-5*want {
			t.Fatalf("norm %g, want %g, %v", got, want, err)
		}
		if now, _ := ClipNorm(1, 0, grads...); math.Abs(now-want/3) > 1e-5*want {
			t.Fatalf("clipped to %g, want %g", now, want/3)
		}
	}
}
