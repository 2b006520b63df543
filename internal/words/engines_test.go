package words_test

import (
	"maps"
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/kernel"
	. "github.com/luminavec/luminavec/internal/words"
)

// randomTables returns tables whose both halves are uniform in [-scale, scale).
func randomTables(t testing.TB, rows, dim int, scale float32) *Tables {
	t.Helper()
	tables, err := NewTables(rows, dim, 7)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for r := range rows {
		for _, row := range [][]float32{tables.InRow(int32(r)), tables.OutRow(int32(r))} {
			for i := range row {
				row[i] = scale * (2*rng.Float32() - 1)
			}
		}
	}
	return tables
}

func clone(t *Tables) *Tables {
	c := *t
	for _, table := range []*[]float32{&c.In, &c.Out, &c.NGrams, &c.Position} {
		if *table != nil {
			was := *table
			*table = kernel.Aligned(len(was))
			copy(*table, was)
		}
	}
	return &c
}

// difference returns the largest difference of two pairs of tables.
func difference(t, u *Tables) float64 {
	return max(maxDifference(t.In, u.In), maxDifference(t.Out, u.Out), maxDifference(t.NGrams, u.NGrams), maxDifference(t.Position, u.Position))
}

// maxDifference returns the largest difference of two slices.
func maxDifference(a, b []float32) float64 {
	worst := 0.0
	for i, v := range a {
		worst = max(worst, math.Abs(float64(v-b[i])))
	}
	return worst
}

// positions is the number of places in the windows of the tests, places are weights
// of them.
const positions = 12

var places = []float32{0.1, 0.3, 0.4, 0.7, 0.9, 1, 1, 0.8, 0.6, 0.4, 0.2, 0}

// objectives returns every form of every objective, with its kernel and with its step in
// plain Go as the fused operation.
func objectives(t testing.TB) map[string]*Objective {
	all := map[string]*Objective{"skipgram": SkipGram(), "cbow": CBOW()}
	for name, v := range map[string]Variant{
		"skipgram labelled":           {Labelled: true},
		"cbow labelled":               {Labelled: true},
		"cbow sum":                    {Sum: true},
		"skipgram placed":             {Places: places},
		"cbow placed":                 {Places: places},
		"cbow sum placed":             {Sum: true, Places: places},
		"cbow sum labelled":           {Sum: true, Labelled: true},
		"cbow positions":              {Positions: positions},
		"cbow sum labelled positions": {Sum: true, Labelled: true, Positions: positions},
	} {
		o := SkipGram()
		if name[0] == 'c' {
			o = CBOW()
		}
		o, err := o.With(v)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = o
	}
	for name, o := range maps.Clone(all) {
		plain := *o
		plain.Fused = nil
		all[name+" in plain Go"] = &plain
	}
	return all
}

// prepare gives the tables what the objective asks for.
func prepare(t *Tables, o *Objective) {
	if o.Positions > 0 {
		t.AddPositions(o.Positions)
		rng := rand.New(rand.NewPCG(10, 11))
		for i := range t.Position {
			if i%t.Stride < t.Dim {
				t.Position[i] += 0.2 * (2*rng.Float32() - 1)
			}
		}
	}
}

// appendRandom appends a window of the objective's layout; draw gives its ids.
func appendRandom(batch []int32, o *Objective, rng *rand.Rand, m, outputs int, draw func() int32) []int32 {
	n := outputs
	if o.Labelled {
		n = 1 + rng.IntN(outputs)
	}
	context, outs := make([]int32, m), make([]int32, n)
	for i := range context {
		context[i] = draw()
	}
	for i := range outs {
		if outs[i] = draw(); o.Labelled && rng.IntN(2) == 0 {
			outs[i] = ^outs[i]
		}
	}
	if o.Labelled {
		return AppendLabelled(batch, rng.IntN(positions-m+1), context, outs)
	}
	if o.Places != nil {
		return AppendPlaced(batch, rng.IntN(min(positions-m, positions-2)+1), context, outs)
	}
	return AppendWindow(batch, context, outs)
}

// The fused operation and the stock graph agree on loss and gradients: with a
// step of 1 the change of a row is its gradient.
func TestFusedMatchesGraph(t *testing.T) {
	const rows, outputs = 40, 6
	for name, objective := range objectives(t) {
		for _, dim := range []int{1, 5, 16, 33, 100} {
			a := randomTables(t, rows, dim, 0.5)
			prepare(a, objective)
			b := clone(a)
			fused, err := NewFused(objective, a, 10, outputs, 1000)
			if err != nil {
				t.Fatal(err)
			}
			graph, err := NewGraph(objective, b, 10, outputs)
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(1, uint64(dim)))
			for m := 1; m <= 10; m++ {
				// Distinct rows: a row gathered twice sees its own update in
				// the fused operation, which is no part of the gradient.
				perm := rng.Perm(rows)
				batch := appendRandom(nil, objective, rng, m, outputs, func() int32 {
					id := perm[0]
					perm = perm[1:]
					return int32(id)
				})
				copy(b.In, a.In)
				copy(b.Out, a.Out)
				copy(b.Position, a.Position)
				lossF, targetsF, err := fused.Step(batch, 1)
				if err != nil {
					t.Fatal(err)
				}
				lossG, targetsG, err := graph.Step(batch, 1)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(lossF-lossG) > 1e-5*float64(m) || math.Abs(targetsF-targetsG) > 1e-6*targetsF {
					t.Errorf("%s dim %d m %d: loss %.7f of %g targets, graph %.7f of %g", name, dim, m, lossF, targetsF, lossG, targetsG)
				}
				for what, d := range map[string]float64{
					"input": maxDifference(a.In, b.In), "output": maxDifference(a.Out, b.Out), "position": maxDifference(a.Position, b.Position),
				} {
					if d > 1e-5*scale(objective, m) {
						t.Errorf("%s dim %d m %d: %s gradients differ by %g", name, dim, m, what, d)
					}
				}
			}
			fused.Close()
			graph.Close()
		}
	}
}

// scale is how large numbers grow in a window of m context words: a sum has the
// size of m rows.
func scale(o *Objective, m int) float64 {
	if o.Sum || o.Places != nil { // these are m times a mean
		return float64(m)
	}
	return 1
}

// A thousand small steps of the two engines, with words that repeat inside a
// window, stay together.
func TestEnginesStayTogether(t *testing.T) {
	const rows, dim, outputs = 30, 12, 4
	for name, objective := range objectives(t) {
		a := randomTables(t, rows, dim, 0.1)
		prepare(a, objective)
		b := clone(a)
		fused, err := NewFused(objective, a, 6, outputs, 20000)
		if err != nil {
			t.Fatal(err)
		}
		graph, err := NewGraph(objective, b, 6, outputs)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(5, 6))
		var batch []int32
		for range 1000 {
			batch = appendRandom(batch, objective, rng, 1+rng.IntN(6), outputs, func() int32 { return int32(rng.IntN(rows)) })
		}
		lossF, nF, err := fused.Step(batch, 0.01)
		if err != nil {
			t.Fatal(err)
		}
		lossG, nG, err := graph.Step(batch, 0.01)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(lossF-lossG)/lossG > 1e-4 || math.Abs(nF-nG) > 1e-5*nF {
			t.Errorf("%s: mean loss %.6f, graph %.6f", name, lossF/nF, lossG/nG)
		}
		if d := difference(a, b); d > 2e-3*scale(objective, 6) {
			t.Errorf("%s: tables differ by %g after 1000 windows", name, d)
		}
		fused.Close()
		graph.Close()
	}
}

// gorgonia's symbolic gradient of the stock graphs agrees with finite
// differences in float64.
func TestLossGradients(t *testing.T) {
	const m, n, d = 3, 4, 5
	rng := rand.New(rand.NewPCG(8, 9))
	fill := func(rows, cols int, f func(i int) float64) *tensor.Dense {
		data := make([]float64, rows*cols)
		for i := range data {
			data[i] = f(i)
		}
		return tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(data))
	}
	uniform := func(int) float64 { return 2*rng.Float64() - 1 }
	for name, objective := range objectives(t) {
		labels := []float64{-1, 1, 1, 1}
		if objective.Labelled {
			labels = []float64{1, -1, -1, 1}
		}
		part := 1.0 / m
		if objective.Sum {
			part = 1
		}
		values := []*tensor.Dense{
			fill(m, d, uniform), fill(n, d, uniform), fill(m, d, uniform),
			fill(m, n, func(i int) float64 { return labels[i%n] }),
			fill(m, n, func(int) float64 { return 1 }),
			fill(1, m, func(int) float64 { return part }),
			fill(1, n, func(int) float64 { return 1 }),
		}
		worst, err := autograd.CheckGradient(func(in []*G.Node) (*G.Node, error) {
			return objective.Loss(Window{X: in[0], Y: in[1], Position: in[2], Sign: in[3], Mask: in[4], Mean: in[5], Weight: in[6]})
		}, values, []bool{true, true, objective.Positions > 0, false, false, false, false}, 1e-5)
		if err != nil {
			t.Fatal(err)
		}
		if worst > 1e-8 {
			t.Errorf("%s: gradient is off by %g", name, worst)
		}
	}
}

func BenchmarkGraphWindow(b *testing.B) {
	tables := randomTables(b, 1000, 100, 0.1)
	e, err := NewGraph(SkipGram(), tables, 10, 6)
	if err != nil {
		b.Fatal(err)
	}
	batch := AppendWindow(nil, []int32{1, 2, 3, 4, 5, 6}, []int32{7, 8, 9, 10, 11, 12})
	for b.Loop() {
		if _, _, err := e.Step(batch, 0.01); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFusedRun(b *testing.B) {
	tables := randomTables(b, 1000, 100, 0.1)
	e, err := NewFused(SkipGram(), tables, 10, 6, 1000)
	if err != nil {
		b.Fatal(err)
	}
	batch := AppendWindow(nil, []int32{1, 2, 3, 4, 5, 6}, []int32{7, 8, 9, 10, 11, 12})
	for b.Loop() {
		if _, _, err := e.Step(batch, 0.01); err != nil {
			b.Fatal(err)
		}
	}
}
