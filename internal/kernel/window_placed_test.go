package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// place adds the place of the first context word to each window of a batch without places,
// so that all context words are within places.
func place(r *rand.Rand, batch []int32, outputs, places int) (placed []int32) {
	for len(batch) > 0 {
		m := int(batch[0])
		end := 1 + m + outputs
		placed = append(placed, batch[0], int32(r.IntN(places-m+1)))
		placed = append(placed, batch[1:end]...)
		batch = batch[end:]
	}
	return placed
}

// placedReference is the definition in float64 for one batch of placed windows.
func placedReference(name string, in, out []float64, places []float32, stride int, batch []int32, outputs int, alpha float64) (loss, targets float64) {
	for len(batch) > 0 {
		m, first := int(batch[0]), int(batch[1])
		ctx, outs := batch[2:2+m], batch[2+m:2+m+outputs]
		batch = batch[2+m+outputs:]
		x, y := gather(in, stride, ctx), gather(out, stride, outs)
		w := make([]float64, m)
		total := 0.0
		for i := range w {
			w[i] = float64(places[first+i])
			total += w[i]
		}
		targets += total
		if name == "SkipGram" {
			for i := range ctx {
				for j := range outs {
					g, l := referenceGradient(x[i], y[j], j == 0)
					loss += w[i] * l
					for k := range stride {
						in[int(ctx[i])*stride+k] += alpha * w[i] * g * y[j][k]
						out[int(outs[j])*stride+k] += alpha * w[i] * g * x[i][k]
					}
				}
			}
			continue
		}
		if name == "CBOWSum" {
			targets += 1 - total
			total = 1
		}
		h := make([]float64, stride)
		for i := range ctx {
			for k := range h {
				h[k] += w[i] / total * x[i][k]
			}
		}
		// The gradient of total·loss(h), by the chain rule.
		for j := range outs {
			g, l := referenceGradient(h, y[j], j == 0)
			loss += total * l
			for k := range h {
				for i, c := range ctx {
					in[int(c)*stride+k] += alpha * total * g * y[j][k] * w[i] / total
				}
				out[int(outs[j])*stride+k] += alpha * total * g * h[k]
			}
		}
	}
	return loss, targets
}

// TestPlacedWindows compares the kernels for placed windows with the definition.
func TestPlacedWindows(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(17, 18))
		for _, c := range windowCases {
			for n := 2; n <= 21; n++ {
				for _, dim := range []int{1, 30, 100, 300} {
					const rows, count = 40, 22
					const alpha = 0.05
					stride := Stride(dim)
					places := make([]float32, count)
					for i := range places {
						places[i] = float32(r.IntN(8)) / 7 // including a weight of 0
					}
					tab := newTables(r, rows, rows+3, dim, 0.5/math.Sqrt(math.Sqrt(float64(dim))))
					in, out := widen(tab.in), widen(tab.out)
					var batch []int32
					for range 3 {
						batch = randomWindow(batch, r, 5+r.IntN(count-4), n, rows, rows+3, true)
					}
					batch = place(r, batch, n, count)
					what := fmt.Sprintf("%s: %s n %d dim %d places %v batch %v", name, c.name, n, dim, places, batch)
					wantLoss, wantTargets := placedReference(c.name, in, out, places, stride, batch, n, alpha)
					loss, targets := c.kernel(tab.in, tab.out, stride, batch, n, alpha, NewPlacedScratch(places, n, stride))
					if math.Abs(loss-wantLoss) > 1e-6*wantLoss {
						t.Fatalf("%s: loss %.9g, want %.9g", what, loss, wantLoss)
					}
					if math.Abs(targets-wantTargets) > 1e-6*wantTargets {
						t.Fatalf("%s: %g targets, want %g", what, targets, wantTargets)
					}
					if d := largestDifference(tab.in, in); d > 5e-6 {
						t.Fatalf("%s: input rows differ by %g", what, d)
					}
					if d := largestDifference(tab.out, out); d > 5e-6 {
						t.Fatalf("%s: output rows differ by %g", what, d)
					}
					checkTables(t, what, tab, dim)
				}
			}
		}
	})
}

// TestPlacedWindowsTwin compares the assembly with the Go twin on long batches, and
// windows whose places all have weight 1 with those without places.
func TestPlacedWindowsTwin(t *testing.T) {
	const dim, rows, n, maxContext = 100, 300, 6, 10
	stride := Stride(dim)
	ones, linear := make([]float32, maxContext), make([]float32, maxContext)
	for i := range ones {
		ones[i], linear[i] = 1, float32(1+min(i, maxContext-1-i))/(maxContext/2)
	}
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(19, 20))
		start := newTables(r, rows, rows, dim, 0.2)
		var plain []int32
		for range 1000 {
			plain = randomWindow(plain, r, 1+r.IntN(maxContext), n, rows, rows, true)
		}
		batch := place(r, plain, n, maxContext)
		for _, c := range windowCases {
			got, want := start.clone(stride), start.clone(stride)
			loss, _ := c.kernel(got.in, got.out, stride, batch, n, 0.025, NewPlacedScratch(linear, n, stride))
			s := NewPlacedScratch(linear, n, stride)
			var wantLoss float64
			if c.name == "SkipGram" {
				wantLoss = skipGramGo(want.in, want.out, stride, batch, n, 0.025, s)
			} else {
				wantLoss = cbowGo(want.in, want.out, stride, batch, n, 0.025, c.name == "CBOW", s)
			}
			same(t, name+": "+c.name+" and its twin", got, want, loss, wantLoss)
			if c.name == "CBOW" {
				continue // its updates differ from those of windows without places
			}
			got, want = start.clone(stride), start.clone(stride)
			loss, _ = c.kernel(got.in, got.out, stride, batch, n, 0.025, NewPlacedScratch(ones, n, stride))
			wantLoss, _ = c.kernel(want.in, want.out, stride, plain, n, 0.025, NewWindowScratch(maxContext, n, stride))
			same(t, name+": "+c.name+" with and without weights", got, want, loss, wantLoss)
		}
	})
}

func same(t *testing.T, what string, got, want *tables, loss, wantLoss float64) {
	t.Helper()
	if math.Abs(loss-wantLoss) > 1e-6*wantLoss {
		t.Errorf("%s: loss %.9g, want %.9g", what, loss, wantLoss)
	}
	if d := largestDifference(got.in, widen(want.in)); d > 1e-5 {
		t.Errorf("%s: input rows differ by %g", what, d)
	}
	if d := largestDifference(got.out, widen(want.out)); d > 1e-5 {
		t.Errorf("%s: output rows differ by %g", what, d)
	}
}

// TestPlacedWindowExtremes checks the loss and the gradients far from 0, and that NaN shows.
func TestPlacedWindowExtremes(t *testing.T) {
	const dim = 16
	places := []float32{0.5, 1, 0.25}
	eachLevel(t, func(name string) {
		for _, c := range windowCases {
			for _, n := range []int{2, 6, 8, 9} {
				for _, score := range []float32{0, 1e-4, -0.5, 6, -6, 20, -20, 88, -88, 1e30, -1e30, float32(math.NaN())} {
					in, out := Aligned(3*dim), Aligned(n*dim)
					batch := []int32{3, 0, 0, 1, 2}
					for i := range 3 {
						in[i*dim+3] = 1
					}
					for j := range n {
						out[j*dim+3] = score
						batch = append(batch, int32(j))
					}
					want, _ := placedReference(c.name, widen(in), widen(out), places, dim, batch, n, 0.025)
					got, _ := c.kernel(in, out, dim, batch, n, 0.025, NewPlacedScratch(places, n, dim))
					if math.IsNaN(want) != math.IsNaN(got) || math.Abs(got-want) > 1e-6*math.Abs(want) {
						t.Errorf("%s: %s: n %d, score %g: loss %g, want %g", name, c.name, n, score, got, want)
					}
				}
			}
		}
	})
}

func TestPlacedWindowPanics(t *testing.T) {
	x := Aligned(4 * Lanes)
	for _, c := range []struct {
		want  string
		batch []int32
	}{
		{PanicContext, []int32{2, 2, 0, 1, 0, 1}}, // extends past the last place
		{PanicContext, []int32{2, -1, 0, 1, 0, 1}},
		{PanicBatch, []int32{2, 0, 0, 1, 0}},
		{PanicContext, []int32{4, 0, 0, 1, 2, 3, 0, 1}},
	} {
		for _, k := range windowCases {
			panics(t, fmt.Sprint(k.name, c.batch), c.want, func() {
				k.kernel(x, x, Lanes, c.batch, 2, 0.1, NewPlacedScratch([]float32{1, 1, 1}, 2, Lanes))
			})
		}
	}
}
