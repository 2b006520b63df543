package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/kernel"
)

func TestFused(t *testing.T) {
	for _, threads := range []int{1, 2} {
		checkEngine(t, "fused", func(e *Parameters, loss Objective) (Engine, error) { return NewFused(e, loss, threads) })
	}
}

// The bits of losses and gradients do not depend on the number of threads, in any form.
func TestFusedIsTheSameAtAnyThreads(t *testing.T) {
	for seed, c := range engineCases() {
		if c.dim < 16 {
			continue
		}
		rng := rand.New(rand.NewPCG(uint64(seed), 47))
		e := c.encoder(rng)
		b := c.batch(rng, e)
		var losses []float64
		var grads [][]float32
		for _, threads := range []int{1, 2, 3} {
			engine, err := NewFused(e, c.loss, threads)
			if err != nil {
				t.Fatal(err)
			}
			loss, g, err := engine.Gradient(b)
			if err != nil {
				t.Fatalf("%v: %v", c, err)
			}
			losses = append(losses, loss)
			grads = append(grads, slices.Concat(g.Rows, g.Linear, g.Bias, g.Projection))
			if err := engine.Close(); err != nil {
				t.Error(err)
			}
		}
		for i := 1; i < 3; i++ {
			if losses[i] != losses[0] || !sameBits(grads[i], grads[0]) {
				t.Errorf("%v: on %d threads the loss is %v, on one %v, or a gradient differs", c, i+1, losses[i], losses[0])
			}
		}
	}
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// Scales just below and above that from which rows are shifted by their own maximum, with
// masked cells and negatives, and texts in which one token stands many times.
func TestFusedScalesAndRepeats(t *testing.T) {
	for _, scale := range []float64{sharedShift, sharedShift + 0.5, 150, maxScale} {
		for _, symmetric := range []bool{false, true} {
			c := engineCase{dim: 40, out: 16, examples: 33, columns: 3, masked: true, loss: Objective{Loss: InBatch, Scale: scale, Symmetric: symmetric}}
			rng := rand.New(rand.NewPCG(48, uint64(scale)))
			e := c.encoder(rng)
			b := c.batch(rng, e)
			b.Rows = b.Rows[:7]
			b.Tokens, b.Weights, b.Offsets = nil, nil, []int32{0}
			for k := range b.Texts() {
				n := 1 + k%70
				for i := range n {
					row := int32(k % 6)
					if i%9 == 0 {
						row = int32(rng.IntN(7))
					}
					b.Tokens = append(b.Tokens, row)
					b.Weights = append(b.Weights, (0.5+rng.Float32())/float32(n))
				}
				b.Offsets = append(b.Offsets, int32(len(b.Tokens)))
			}
			engine, err := NewFused(e, c.loss, 2)
			if err != nil {
				t.Fatal(err)
			}
			loss, g, err := engine.Gradient(b)
			if err != nil {
				t.Fatal(err)
			}
			compareScaled(t, fmt.Sprint(c), e, c.loss, b, loss, g)
			if err := engine.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// compareScaled is compareWithOracle for scales beyond the usual: what a cosine is wrong by in
// float32 counts as many times in the loss, and in its gradient once more.
func compareScaled(t *testing.T, what string, e *Parameters, of Objective, b *Batch, loss float64, g *Gradient) {
	t.Helper()
	want, grads, _ := oracleGradient(e, of, b)
	wrong := 1e-6 * of.Scale
	if d := math.Abs(loss - want); !(d <= wrong*max(1, math.Abs(want))) {
		t.Errorf("%s: loss %g, want %g", what, loss, want)
	}
	for name, m := range map[string]struct {
		have []float32
		want [][]float64
	}{"rows": {g.Rows, grads.rows}, "projection": {g.Projection, grads.projection}} {
		stride := kernel.Stride(len(m.want[0]))
		most, worst := 1.0, 0.0
		for i, row := range m.want {
			for j, v := range row {
				most = max(most, math.Abs(v))
				worst = max(worst, math.Abs(float64(m.have[i*stride+j])-v))
			}
		}
		if !(worst <= wrong*most) {
			t.Errorf("%s: %s differ by %g; the largest is %g", what, name, worst, most)
		}
	}
}

// Vectors that are too long for float32 have no loss.
func TestFusedOfNumbersTooLarge(t *testing.T) {
	for _, c := range lossForms() {
		c.dim, c.examples = 16, 5
		rng := rand.New(rand.NewPCG(49, 49))
		e := c.encoder(rng)
		for i := range e.Table {
			e.Table[i] *= 1e30
		}
		engine, err := NewFused(e, c.loss, 1)
		if err != nil {
			t.Fatal(err)
		}
		loss, g, err := engine.Gradient(c.batch(rng, e))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := autograd.ClipNorm(2, 0, g.Rows); !math.IsNaN(loss) && !math.IsInf(loss, 0) && err == nil {
			t.Errorf("%v: loss %g", c, loss)
		}
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	}
}
