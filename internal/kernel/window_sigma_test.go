package kernel

import (
	"math"
	"testing"
)

// TestWindowSigma measures σ and the loss at many scores: one context row whose first
// value is 1 is multiplied with two outputs whose first value is the score. The other
// values of the outputs carry the gradients to where they can be read.
func TestWindowSigma(t *testing.T) {
	eachLevel(t, func(name string) {
		s := NewWindowScratch(1, 2, Lanes)
		in, out := Aligned(Lanes), Aligned(2*Lanes)
		for k := -20000; k <= 20000; k++ {
			score := float32(k) / 200
			clear(in)
			clear(out)
			in[0] = 1
			out[0], out[Lanes] = score, score
			out[1], out[Lanes+2] = 1, 1
			loss, _ := SkipGram(in, out, Lanes, []int32{1, 0, 0, 1}, 2, 1, s)
			x := float64(score)
			sigma := 1 / (1 + math.Exp(-x))
			if d := math.Abs(float64(in[1]) - 1/(1+math.Exp(x))); d > 2e-7 {
				t.Fatalf("%s: gradient of the positive at %g is off by %g", name, score, d)
			}
			if d := math.Abs(float64(in[2]) + sigma); d > 2e-7 {
				t.Fatalf("%s: gradient of the negative at %g is off by %g", name, score, d)
			}
			if want := softplus(x) + softplus(-x); math.Abs(loss-want) > 3e-7*max(1, want) {
				t.Fatalf("%s: loss at %g is %g, want %g", name, score, loss, want)
			}
		}
	})
}
