package words_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/luminavec/luminavec/autograd"
	. "github.com/luminavec/luminavec/internal/words"
)

const bagWords, bagRows = 40, 60

// bags gives each word up to four of the n-grams; word 3 has none, word 5 has one
// twice.
func bags(seed uint64) func(int32) []int32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	of := make([][]int32, bagWords)
	for i := range of {
		for range rng.IntN(5) {
			of[i] = append(of[i], int32(rng.IntN(bagRows)))
		}
	}
	of[3], of[5] = nil, []int32{7, 7, 9}
	return func(word int32) []int32 { return of[word] }
}

// bagged returns tables whose words are made of n-grams.
func bagged(t testing.TB, o *Objective, dim int, scale float32) *Tables {
	tables := randomTables(t, bagWords, dim, scale)
	prepare(tables, o)
	tables.AddNGrams(bagRows, bags(1), 1)
	rng := rand.New(rand.NewPCG(12, 13))
	for r := range int32(bagRows) {
		row := tables.Row(tables.NGrams, r)
		for i := range row {
			row[i] = scale * (2*rng.Float32() - 1)
		}
	}
	return tables
}

// engines returns the two engines of an objective, each on its tables.
func engines(t testing.TB, o *Objective, a, b *Tables, maxContext, outputs int) map[string]Engine {
	t.Helper()
	fused, err := NewFused(o, a, maxContext, outputs, 50000)
	if err != nil {
		t.Fatal(err)
	}
	graph, err := NewGraph(o, b, maxContext, outputs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fused.Close(); graph.Close() })
	return map[string]Engine{"fused": fused, "graph": graph}
}

// In one window the n-grams of a word gain what a plain row with the composed
// vector would, each of them, in both engines.
func TestComposedWindow(t *testing.T) {
	const dim, outputs = 20, 5
	for name, objective := range objectives(t) {
		rng := rand.New(rand.NewPCG(14, 15))
		for range 10 {
			start := bagged(t, objective, dim, 0.5)
			plain := clone(start)
			plain.In, plain.NGrams, plain.Bag = start.Vectors(), nil, nil
			before := clone(plain)
			perm := rng.Perm(bagWords)
			batch := appendRandom(nil, objective, rng, 1+rng.IntN(6), outputs, func() int32 {
				id := perm[0]
				perm = perm[1:]
				return int32(id)
			})
			a, b := clone(start), clone(start)
			for engine, e := range engines(t, objective, a, b, 6, outputs) {
				p := clone(plain)
				wantLoss, wantTargets, err := engines(t, objective, p, p, 6, outputs)[engine].Step(batch, 0.5)
				if err != nil {
					t.Fatal(err)
				}
				loss, targets, err := e.Step(batch, 0.5)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(loss-wantLoss) > 1e-5*wantLoss || targets != wantTargets {
					t.Errorf("%s, %s: loss %g of %g targets, want %g of %g", name, engine, loss, targets, wantLoss, wantTargets)
				}
				want := clone(start)
				for word := range int32(bagWords) {
					for k := range dim {
						gain := p.InRow(word)[k] - before.InRow(word)[k]
						want.InRow(word)[k] += gain
						for _, gram := range start.Bag(word) {
							want.Row(want.NGrams, gram)[k] += gain
						}
					}
				}
				want.Out, want.Position = p.Out, p.Position
				got := map[string]*Tables{"fused": a, "graph": b}[engine]
				if d := difference(got, want); d > 2e-6*scale(objective, 6) {
					t.Errorf("%s, %s: rows differ by %g", name, engine, d)
				}
			}
		}
	}
}

// Over many windows, of words that share n-grams, the engines stay together and the
// loss falls.
func TestComposedEnginesStayTogether(t *testing.T) {
	const dim, outputs = 12, 4
	for name, objective := range objectives(t) {
		a := bagged(t, objective, dim, 0.1)
		b := clone(a)
		both := engines(t, objective, a, b, 6, outputs)
		rng := rand.New(rand.NewPCG(5, 6))
		var batch []int32
		for range 1000 {
			batch = appendRandom(batch, objective, rng, 1+rng.IntN(6), outputs, func() int32 { return int32(rng.IntN(bagWords)) })
		}
		lossF, nF, err := both["fused"].Step(batch, 0.01)
		if err != nil {
			t.Fatal(err)
		}
		lossG, nG, err := both["graph"].Step(batch, 0.01)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(lossF-lossG)/lossG > 1e-4 || math.Abs(nF-nG) > 1e-5*nF {
			t.Errorf("%s: mean loss %.6f, graph %.6f", name, lossF/nF, lossG/nG)
		}
		if d := difference(a, b); d > 2e-3*scale(objective, 6) {
			t.Errorf("%s: tables differ by %g after 1000 windows", name, d)
		}
		if again, _, err := both["fused"].Step(batch, 0.01); err != nil || again >= lossF {
			t.Errorf("%s: loss %g, then %g, %v", name, lossF, again, err)
		}
	}
}

// The gradient of a row of a mean, by which the rows gain undivided, is the vector's
// divided by their number: gorgonia's for the composed loss against finite
// differences in float64.
func TestComposedGradients(t *testing.T) {
	const words, rows, n, d = 3, 7, 4, 5
	rng := rand.New(rand.NewPCG(16, 17))
	uniform := func(r, c int, f func(i int) float64) *tensor.Dense {
		data := make([]float64, r*c)
		for i := range data {
			data[i] = f(i)
		}
		return tensor.New(tensor.WithShape(r, c), tensor.WithBacking(data))
	}
	random := func(int) float64 { return 2*rng.Float64() - 1 }
	one := func(int) float64 { return 1 }
	// Word 0 is row 0 alone, word 1 rows 1 to 4, word 2 rows 4 to 6.
	mean := []float64{1, 0, 0, 0, 0, 0, 0 /**/, 0, .25, .25, .25, .25, 0, 0 /**/, 0, 0, 0, 0, 1. / 3, 1. / 3, 1. / 3}
	for name, objective := range objectives(t) {
		values := []*tensor.Dense{
			uniform(rows, d, random), uniform(n, d, random), uniform(words, d, random),
			uniform(words, n, func(i int) float64 { return []float64{-1, 1, 1, -1}[i%n] }),
			uniform(words, n, one), uniform(1, words, func(int) float64 { return 1. / words }), uniform(1, n, one),
			tensor.New(tensor.WithShape(words, rows), tensor.WithBacking(slices.Clone(mean))),
		}
		worst, err := autograd.CheckGradient(func(in []*G.Node) (*G.Node, error) {
			x, err := G.Mul(in[7], in[0])
			if err != nil {
				return nil, err
			}
			return objective.Loss(Window{X: x, Y: in[1], Position: in[2], Sign: in[3], Mask: in[4], Mean: in[5], Weight: in[6]})
		}, values, []bool{true, true, objective.Positions > 0, false, false, false, false, false}, 1e-5)
		if err != nil || worst > 1e-8 {
			t.Errorf("%s: gradient is off by %g, %v", name, worst, err)
		}
	}
}

// A frozen word keeps its bits while the others learn, in both engines, with and
// without n-grams; its vector is its own row alone.
func TestFrozenWords(t *testing.T) {
	const dim, outputs = 12, 4
	for name, objective := range objectives(t) {
		for _, grams := range []bool{false, true} {
			a := bagged(t, objective, dim, 0.1)
			if !grams {
				a.NGrams, a.Bag = nil, nil
			}
			a.Frozen = make([]bool, bagWords)
			for i := range a.Frozen {
				a.Frozen[i] = i%2 == 0
			}
			b := clone(a)
			start := clone(a)
			both := engines(t, objective, a, b, 6, outputs)
			rng := rand.New(rand.NewPCG(18, 19))
			var batch []int32
			for range 300 {
				batch = appendRandom(batch, objective, rng, 1+rng.IntN(6), outputs, func() int32 { return int32(rng.IntN(bagWords)) })
			}
			what := fmt.Sprintf("%s, n-grams %v", name, grams)
			lossF, _, err := both["fused"].Step(batch, 0.01)
			if err != nil {
				t.Fatal(err)
			}
			lossG, _, err := both["graph"].Step(batch, 0.01)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(lossF-lossG)/lossG > 1e-4 || difference(a, b) > 1e-3*scale(objective, 6) {
				t.Errorf("%s: loss %g, graph %g, tables differ by %g", what, lossF, lossG, difference(a, b))
			}
			for _, tables := range []*Tables{a, b} {
				vectors := tables.Vectors()
				for word := range int32(bagWords) {
					same := slices.Equal(tables.InRow(word), start.InRow(word))
					if same != tables.Frozen[word] {
						t.Errorf("%s: word %d, frozen %v, has the same row: %v", what, word, tables.Frozen[word], same)
					}
					if same && !slices.Equal(tables.Row(vectors, word), start.InRow(word)) {
						t.Errorf("%s: word %d is not its own row alone", what, word)
					}
				}
			}
		}
	}
}

// A frozen word meets each window of a batch with its own vector, not with what the
// window before would have made of it.
func TestFrozenWordInEachWindow(t *testing.T) {
	const dim, outputs = 12, 4
	start := randomTables(t, bagWords, dim, 0.5)
	start.Frozen = make([]bool, bagWords)
	start.Frozen[1] = true
	windows := [][]int32{AppendWindow(nil, []int32{1}, []int32{2, 3, 4, 5}), AppendWindow(nil, []int32{1}, []int32{6, 7, 8, 9})}
	want, a, b := clone(start), clone(start), clone(start)
	for name, e := range engines(t, SkipGram(), a, b, 1, outputs) {
		if _, _, err := e.Step(append(windows[0][:6:6], windows[1]...), 0.5); err != nil {
			t.Fatal(name, err)
		}
	}
	for _, w := range windows { // they share no output
		one := clone(start)
		if _, _, err := engines(t, SkipGram(), one, one, 1, outputs)["fused"].Step(w, 0.5); err != nil {
			t.Fatal(err)
		}
		for _, id := range w[2:] {
			copy(want.OutRow(id), one.OutRow(id))
		}
	}
	for name, got := range map[string]*Tables{"fused": a, "graph": b} {
		if d := difference(got, want); d > 1e-6 {
			t.Errorf("%s: tables differ by %g", name, d)
		}
	}
}

// SetVector sets what Vectors returns.
func TestSetVector(t *testing.T) {
	tables := bagged(t, SkipGram(), 5, 0.5)
	want := []float32{1, -2, 3, -4, 5}
	for word := range int32(bagWords) {
		tables.SetVector(word, want)
		if d := maxDifference(want, tables.Row(tables.Vectors(), word)); d > 2e-6 {
			t.Errorf("word %d differs by %g", word, d)
		}
	}
}
