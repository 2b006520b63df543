package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// labelledCase is a kernel for labeled windows and the kind of its hidden rows.
type labelledCase struct {
	name               string
	cbow, average, pos bool
}

var labelledCases = []labelledCase{
	{name: "skip-gram"},
	{name: "CBOW", cbow: true, average: true},
	{name: "CBOW sum", cbow: true},
	{name: "CBOW positions", cbow: true, average: true, pos: true},
	{name: "CBOW sum positions", cbow: true, pos: true},
}

// run calls the kernel of the case.
func (c labelledCase) run(in, out, position []float32, stride int, batch []int32, alpha float32, s *WindowScratch) (float64, int64) {
	if !c.cbow {
		return LabelledSkipGram(in, out, stride, batch, alpha, s)
	}
	if !c.pos {
		position = nil
	}
	return LabelledCBOW(in, out, position, c.average, stride, batch, alpha, s)
}

// reference is the definition in float64.
func (c labelledCase) reference(in, out, position []float64, stride int, batch []int32, alpha float64) (loss float64, targets int64) {
	for len(batch) > 0 {
		var first int32
		var ctx, outs []int32
		first, ctx, outs, batch = labelledWindow(batch)
		outRows := make([]int32, len(outs))
		for j, o := range outs {
			outRows[j] = outputRow(o)
		}
		places := make([]int32, len(ctx))
		for i := range places {
			places[i] = first + int32(i)
		}
		x, y := gather(in, stride, ctx), gather(out, stride, outRows)
		d := make([][]float64, len(ctx)) // ones, for skip-gram and for CBOW without position weights
		for i := range d {
			d[i] = make([]float64, stride)
			for k := range d[i] {
				d[i][k] = 1
			}
		}
		if c.pos {
			d = gather(position, stride, places)
		}
		hidden := x
		part := 1.0
		if c.cbow {
			if c.average {
				part = 1 / float64(len(ctx))
			}
			hidden = [][]float64{make([]float64, stride)}
			for i := range ctx {
				for k := range stride {
					hidden[0][k] += part * d[i][k] * x[i][k]
				}
			}
		}
		for i, h := range hidden {
			for j, o := range outs {
				g, l := referenceGradient(h, y[j], o >= 0)
				loss += l
				for k := range stride {
					out[int(outRows[j])*stride+k] += alpha * g * h[k]
					e := alpha * g * y[j][k]
					if !c.cbow {
						in[int(ctx[i])*stride+k] += e
						continue
					}
					for p, id := range ctx {
						in[int(id)*stride+k] += d[p][k] * e
						if c.pos {
							position[int(places[p])*stride+k] += part * x[p][k] * e
						}
					}
				}
			}
		}
		if targets += int64(len(ctx)); c.cbow {
			targets += 1 - int64(len(ctx))
		}
	}
	return loss, targets
}

// labelledWindows returns windows with random numbers of outputs and random labels; the
// rows of each are distinct.
func labelledWindows(r *rand.Rand, count, maxContext, outputs, rows int) (batch []int32) {
	for range count {
		m, n := 1+r.IntN(maxContext), 1+r.IntN(outputs)
		batch = append(batch, int32(m), int32(n), int32(r.IntN(maxContext-m+1)))
		for _, id := range r.Perm(rows)[:m] {
			batch = append(batch, int32(id))
		}
		for _, id := range r.Perm(rows)[:n] {
			if r.IntN(2) == 0 {
				id = ^id
			}
			batch = append(batch, int32(id))
		}
	}
	return batch
}

// TestLabelled compares the kernels for labeled windows with the definition, for every
// number of outputs and of context rows.
func TestLabelled(t *testing.T) {
	const maxContext, outputs, rows = 9, 26, 40
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(21, 22))
		for _, c := range labelledCases {
			for _, dim := range []int{1, 16, 30, 100, 150, 300} {
				stride := Stride(dim)
				tab := newTables(r, rows, rows, dim, 0.5/math.Sqrt(math.Sqrt(float64(dim))))
				pos := newTables(r, maxContext, 1, dim, 0.3)
				for i := range pos.in {
					if i%stride < dim {
						pos.in[i]++
					}
				}
				in, out, position := widen(tab.in), widen(tab.out), widen(pos.in)
				batch := labelledWindows(r, 30, maxContext, outputs, rows)
				s := NewWindowScratch(maxContext, outputs, stride)
				wantLoss, wantTargets := c.reference(in, out, position, stride, batch, 0.05)
				loss, targets := c.run(tab.in, tab.out, pos.in, stride, batch, 0.05, s)
				what := fmt.Sprintf("%s: %s dim %d", name, c.name, dim)
				if math.Abs(loss-wantLoss) > 1e-6*wantLoss || targets != wantTargets {
					t.Errorf("%s: loss %.9g of %d targets, want %.9g of %d", what, loss, targets, wantLoss, wantTargets)
				}
				for _, d := range []struct {
					what string
					got  []float32
					want []float64
				}{{"input", tab.in, in}, {"output", tab.out, out}, {"position", pos.in, position}} {
					if worst := largestDifference(d.got, d.want); worst > 2e-5 {
						t.Errorf("%s: %s rows differ by %g", what, d.what, worst)
					}
				}
				checkTables(t, what, tab, dim)
				checkTables(t, what, pos, dim)
			}
		}
	})
}

// With the positive output first and the others negative, a labeled window is an ordinary
// window.
func TestLabelledIsWindow(t *testing.T) {
	const n, rows, dim, maxContext = 6, 50, 100, 10
	stride := Stride(dim)
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(23, 24))
		start := newTables(r, rows, rows, dim, 0.2)
		var plain, labelled []int32
		for range 200 {
			w := randomWindow(nil, r, 1+r.IntN(maxContext), n, rows, rows, true)
			m := int(w[0])
			plain = append(plain, w...)
			labelled = append(append(labelled, w[0], n, 0), w[1:m+2]...)
			for _, o := range w[m+2:] {
				labelled = append(labelled, ^o)
			}
		}
		for i, c := range windowCases {
			got, want := start.clone(stride), start.clone(stride)
			s := NewWindowScratch(maxContext, n, stride)
			wantLoss, _ := c.kernel(want.in, want.out, stride, plain, n, 0.025, s)
			loss, _ := labelledCases[i].run(got.in, got.out, nil, stride, labelled, 0.025, s)
			if math.Abs(loss-wantLoss) > 1e-6*wantLoss {
				t.Errorf("%s: %s: loss %.9g, plain %.9g", name, c.name, loss, wantLoss)
			}
			if d := max(largestDifference(got.in, widen(want.in)), largestDifference(got.out, widen(want.out))); d > 2e-6 {
				t.Errorf("%s: %s: rows differ by %g", name, c.name, d)
			}
		}
	})
}

// Arguments that do not fit together cause a panic before anything is written.
func TestLabelledPanics(t *testing.T) {
	const stride = 16
	in, out, position := Aligned(4*stride), Aligned(3*stride), Aligned(2*stride)
	for _, c := range []struct {
		what, want string
		batch      []int32
	}{
		{"header cut", PanicBatch, []int32{1, 1}},
		{"no context", PanicContext, []int32{0, 1, 0, 1}},
		{"long context", PanicContext, []int32{3, 1, 0, 1, 1, 1, 1}},
		{"no outputs", PanicOutputs, []int32{1, 0, 0, 1}},
		{"many outputs", PanicOutputs, []int32{1, 3, 0, 1, 1, 1, 1}},
		{"window cut", PanicBatch, []int32{1, 2, 0, 1, 1}},
		{"context id", PanicID, []int32{1, 1, 0, 4, 1}},
		{"context id below", PanicID, []int32{1, 1, 0, -1, 1}},
		{"output id", PanicID, []int32{1, 1, 0, 1, 3}},
		{"complement of an output id", PanicID, []int32{1, 1, 0, 1, ^3}},
		{"least output id", PanicID, []int32{1, 1, 0, 1, math.MinInt32}},
		{"position", PanicID, []int32{2, 1, 1, 1, 1, 1}},
		{"position below", PanicID, []int32{1, 1, -1, 1, 1}},
	} {
		for _, k := range labelledCases {
			if c.what[0] == 'p' && !k.pos {
				continue
			}
			batch := append([]int32{1, 1, 0, 1, 1}, c.batch...)
			panics(t, k.name+": "+c.what, c.want, func() {
				k.run(in, out, position, stride, batch, 0.1, NewWindowScratch(2, 2, stride))
			})
		}
	}
	for i, v := range append(append(append([]float32{}, in...), out...), position...) {
		if v != 0 {
			t.Fatalf("value %d was overwritten", i)
		}
	}
}
