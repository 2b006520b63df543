package index

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// The law of the random histories: after any sequence of additions, saves and
// loads, an HNSW index answers like a Flat one that went through the same. With
// a beam that spans the index the answers are equal, whatever the filter; with
// a narrow one they are as many, sound, and nearly all the same.
func TestHistories(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { history(t, seed) })
	}
}

func history(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 77))
	o := Options{
		Dim:            1 + r.IntN(40),
		Metric:         allMetrics[seed%3],
		M:              2 + r.IntN(20),
		EfConstruction: 20 + r.IntN(100),
		EfSearch:       20 + r.IntN(100),
		Seed:           seed,
		Threads:        1 + r.IntN(3),
		Quantization:   quantizations[seed/3%2],
	}
	exactly := o
	exactly.Kind, exactly.Quantization = Flat, NoQuantization
	approx, exact := mustNew(t, o), mustNew(t, exactly)
	vector := func() []float32 {
		v := make([]float32, o.Dim)
		kind := r.IntN(10)
		for j := range v {
			switch {
			case kind == 0: // on a lattice: copies and ties
				v[j] = float32(r.IntN(2))
			case kind < 9:
				v[j] = float32(r.NormFloat64())
			} // else zero
		}
		return v
	}
	near, asked, found := 0, 0, 0
	for range 60 {
		switch op := r.IntN(10); op {
		case 0, 1, 2: // a batch
			n := r.IntN(150)
			labels, vectors := make([]int64, n), []float32(nil)
			for i := range labels {
				labels[i] = r.Int64N(40000) - 1000
				vectors = append(vectors, vector()...)
			}
			a, b := approx.AddBatch(t.Context(), labels, vectors), exact.AddBatch(t.Context(), labels, vectors)
			if (a == nil) != (b == nil) {
				t.Fatalf("a batch: %v, exact: %v", a, b)
			}
		case 3, 4:
			label, v := r.Int64N(40000)-1000, vector()
			a, b := approx.Add(label, v), exact.Add(label, v)
			if (a == nil) != (b == nil) {
				t.Fatalf("label %d: %v, exact: %v", label, a, b)
			}
		case 5:
			approx, exact = mustLoad(t, saved(t, approx)), mustLoad(t, saved(t, exact))
		default:
			q, k := vector(), 1+r.IntN(30)
			var so SearchOptions
			if share := 1 + r.Int64N(50); r.IntN(2) == 0 {
				so.Filter = func(l int64) bool { return l%share == 0 }
			}
			want := mustSearch(t, exact, q, k, so)
			got := mustSearch(t, approx, q, k, so)
			if len(got) != len(want) {
				t.Fatalf("%d results, exact search has %d", len(got), len(want))
			}
			for _, res := range got {
				if so.Filter != nil && !so.Filter(res.Label) {
					t.Fatalf("label %d is not allowed", res.Label)
				}
				if notWorse(o.Metric, res.Score, want[len(want)-1].Score) {
					found++
				}
			}
			asked += len(want)
			so.Ef = max(1, exact.Len()-1) // as wide as the index, it would leave the graph aside
			for i, res := range mustSearch(t, approx, q, k, so) {
				if !notWorse(o.Metric, res.Score, want[i].Score) {
					t.Fatalf("result %d is %v with the widest beam, want %v", i, res, want[i])
				}
			}
			near++
		}
	}
	s := approx.Stats()
	if s.Vectors != exact.Len() || s.Unreachable != 0 {
		t.Errorf("%d vectors, want %d; %d unreachable", s.Vectors, exact.Len(), s.Unreachable)
	}
	if float64(found) < 0.8*float64(asked) {
		t.Errorf("%d of %d results found in %d searches with %+v", found, asked, near, o)
	}
}
