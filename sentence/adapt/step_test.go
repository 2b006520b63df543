package adapt

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence/train"
)

// randomBatch has texts of 1 to 9 tokens, some of them twice in a text.
func randomBatch(rng *rand.Rand, n, vocabulary int) *pairs.Batch {
	b := &pairs.Batch{Examples: n, Columns: 2, Offsets: []int32{0}}
	for range 2 * n {
		for range 1 + rng.IntN(9) {
			b.IDs = append(b.IDs, int32(rng.IntN(vocabulary)))
		}
		b.Offsets = append(b.Offsets, int32(len(b.IDs)))
	}
	return b
}

// The loss and the gradient of a batch are those of the engines of sentence/train, of which one is a
// graph of gorgonia's own operations.
func TestStepIsThatOfTraining(t *testing.T) {
	const vocabulary, dim, n = 50, 20, 37
	rng := rand.New(rand.NewPCG(1, 2))
	table := make([]float32, vocabulary*dim)
	for i := range table {
		table[i] = rng.Float32() - 0.5
	}
	counts := make([]int64, vocabulary)
	batch := randomBatch(rng, n, vocabulary-5) // some tokens are in no pair
	batch.Masked = [][2]int32{{0, 3}, {5, 1}, {36, 2}}
	for _, id := range batch.IDs {
		counts[id]++
	}
	tuner, err := newTuner(dim, 2, counts, func(dst []float32, token int32) error {
		copy(dst, table[int(token)*dim:][:dim])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, token := range tuner.tokens { // a·e is the row
		for j := range dim {
			if got, want := tuner.weights[i]*tuner.rows[i*tuner.stride+j], table[int(token)*dim+j]; math.Abs(float64(got-want)) > 1e-6 {
				t.Fatalf("row %d: %g, want %g", i, got, want)
			}
		}
	}
	tuner.fill(batch)

	place := map[int32]int32{}
	theirs := &train.Batch{Examples: n, Columns: 2, Offsets: []int32{0}, Masked: batch.Masked}
	for k := range 2 * n {
		ids := batch.IDs[batch.Offsets[k]:batch.Offsets[k+1]]
		for _, id := range ids {
			row := tuner.local[id]
			if _, ok := place[row]; !ok {
				place[row] = int32(len(theirs.Rows))
				theirs.Rows = append(theirs.Rows, row)
			}
			theirs.Tokens = append(theirs.Tokens, place[row])
			theirs.Weights = append(theirs.Weights, tuner.weights[row]/float32(len(ids)))
		}
		theirs.Offsets = append(theirs.Offsets, int32(len(theirs.Tokens)))
	}
	loss := tuner.pass()
	p := &train.Parameters{Rows: len(tuner.tokens), Dim: dim, Table: tuner.rows}
	o := train.Objective{Loss: train.InBatch, Scale: scale, Symmetric: true}
	for name, make := range map[string]func() (train.Engine, error){
		"fused": func() (train.Engine, error) { return train.NewFused(p, o, 2) },
		"graph": func() (train.Engine, error) { return train.NewGraph(p, o) },
	} {
		engine, err := make()
		if err != nil {
			t.Fatal(err)
		}
		want, gradient, err := engine.Gradient(theirs)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(loss-want) > 1e-5 {
			t.Errorf("%s: loss %g, want %g", name, loss, want)
		}
		for i := range theirs.Rows {
			if theirs.Rows[i] != tuner.used[i] {
				t.Fatalf("%s: row %d is %d, want %d", name, i, tuner.used[i], theirs.Rows[i])
			}
			for j := range dim {
				if got, want := tuner.gradient[i*tuner.stride+j], gradient.Rows[i*kernel.Stride(dim)+j]; math.Abs(float64(got-want)) > 1e-5 {
					t.Fatalf("%s: gradient of row %d, column %d: %g, want %g", name, i, j, got, want)
				}
			}
		}
		if err := engine.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// The result does not depend on the number of threads, to the bit.
func TestThreads(t *testing.T) {
	const vocabulary, dim, n = 300, 24, 150
	run := func(threads int) []float32 {
		rng := rand.New(rand.NewPCG(3, 4))
		counts := make([]int64, vocabulary)
		for i := range counts {
			counts[i] = 1
		}
		tuner, err := newTuner(dim, threads, counts, func(dst []float32, token int32) error {
			for j := range dst {
				dst[j] = rng.Float32() - 0.5
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			tuner.fill(randomBatch(rng, n, vocabulary))
			tuner.step(0.05)
		}
		return tuner.rows
	}
	one, four := run(1), run(4)
	for i := range one {
		if one[i] != four[i] {
			t.Fatalf("value %d: %g with one thread, %g with four", i, one[i], four[i])
		}
	}
}

func TestBetter(t *testing.T) {
	// Four questions, of which one is found at rank 2 instead of 1 and one newly at rank 1: the mean
	// difference is 0.125 and its standard error is above it.
	if better([]float64{1, 1, 0, 0.5}, []float64{0.5, 1, 1, 0.5}, 0.01) {
		t.Error("noise counts as an improvement")
	}
	var a, b []float64
	for i := range 100 { // every tenth question improves from 0.5 to 1: 0.05, standard error 0.015
		a = append(a, 0.5)
		b = append(b, 0.5)
		if i%10 == 0 {
			b[i] = 1
		}
	}
	if !better(a, b, 0.01) || better(a, b, 0.06) || better(b, a, 0) {
		t.Error("an improvement of 0.05 with a standard error of 0.015 must count, unless the margin is 0.06")
	}
}
