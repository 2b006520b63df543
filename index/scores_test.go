package index

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// Scores and those of a Subset are those of a search, of an index in memory and of one that is mapped from a
// file, with labels in any order.
func TestScores(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n, dim = 3000, 64
	for _, o := range []Options{{Kind: Flat, Dim: dim}, {Kind: Flat, Dim: dim, Metric: Euclidean}, {Kind: Flat, Dim: dim, Metric: Dot},
		{Kind: Flat, Dim: dim, Quantization: Int8, KeepVectors: KeepNone}, {Kind: HNSW, Dim: dim, Quantization: Int8, KeepVectors: KeepNone}} {
		ix, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		labels, vectors := make([]int64, n), make([]float32, n*dim)
		for i, p := range r.Perm(n) {
			labels[i] = int64(3*p + 5)
		}
		for i := range vectors {
			vectors[i] = float32(r.NormFloat64())
		}
		if err := ix.AddBatch(t.Context(), labels, vectors); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "x.index")
		if err := SaveFile(path, ix, false); err != nil {
			t.Fatal(err)
		}
		opened, err := OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		query := vectors[7*dim : 8*dim]
		asked := []int64{5, 6, 3*17 + 5, 3*(n-1) + 5, 1 << 40, 3*900 + 5, -1}
		for _, x := range []Index{ix, opened} {
			found, err := x.Search(query, n, SearchOptions{Recall: 1})
			if err != nil {
				t.Fatal(err)
			}
			want := map[int64]float32{}
			for _, f := range found {
				want[f.Label] = f.Score
			}
			got, err := Scores([]float32{0.5}, x, query, asked)
			if err != nil || len(got) != 1+len(asked) {
				t.Fatalf("%d scores, error %v", len(got), err)
			}
			for i, label := range asked {
				score, ok := want[label]
				if !ok && !math.IsNaN(float64(got[1+i])) || ok && got[1+i] != score {
					t.Errorf("%+v: label %d: %v, want %v %v", o, label, got[1+i], score, ok)
				}
			}
			s, err := NewSubset(x, asked)
			if err != nil || s.Len() != 4 {
				t.Fatalf("%d vectors, error %v", s.Len(), err)
			}
			got, err = s.Scores(nil, query)
			if err != nil || len(got) != 4 || got[0] != want[5] || got[1] != want[3*17+5] || got[3] != want[3*900+5] {
				t.Errorf("%+v: scores of a subset %v, error %v", o, got, err)
			}
			if _, err := s.Scores(nil, query[1:]); err == nil {
				t.Error("a query of another dimension is accepted")
			}
			if _, err := Scores(nil, x, query[1:], asked); err == nil {
				t.Error("a query of another dimension is accepted")
			}
		}
	}
}

// A scan of codes finds the share of the nearest that Recall says, and with 1 all.
func TestRecallOfScan(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const n, dim, k = 20000, 96, 50
	ix, err := New(Options{Kind: Flat, Dim: dim, Quantization: Int8})
	if err != nil {
		t.Fatal(err)
	}
	labels, vectors := make([]int64, n), make([]float32, n*dim)
	for i := range labels {
		labels[i] = int64(i)
	}
	for i := range vectors {
		vectors[i] = float32(r.NormFloat64())
	}
	if err := ix.AddBatch(t.Context(), labels, vectors); err != nil {
		t.Fatal(err)
	}
	for _, recall := range []float64{0.9, 0.99, 1} {
		hits, all := 0, 0
		for q := range 40 {
			query := make([]float32, dim)
			for i := range query {
				query[i] = vectors[q*dim+i] + float32(r.NormFloat64())
			}
			truth, err := ix.Search(query, k, SearchOptions{})
			if err != nil {
				t.Fatal(err)
			}
			found, err := ix.Search(query, k, SearchOptions{Recall: recall})
			if err != nil {
				t.Fatal(err)
			}
			is := map[int64]bool{}
			for _, f := range found {
				is[f.Label] = true
			}
			for _, f := range truth {
				if all++; is[f.Label] {
					hits++
				}
			}
		}
		if got := float64(hits) / float64(all); got < recall {
			t.Errorf("recall %v: found %v", recall, got)
		}
	}
}
