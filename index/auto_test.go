package index

import (
	"slices"
	"testing"
)

func TestAutoKind(t *testing.T) {
	for _, c := range []struct {
		o    Options
		n    int
		want Kind
	}{
		{Options{Dim: 100}, 750_000, Flat},
		{Options{Dim: 100}, 750_001, HNSW},
		{Options{Dim: 1024}, 750_000, Flat},
		{Options{Dim: 2048}, 375_000, Flat},
		{Options{Dim: 2048}, 375_001, HNSW},
		{Options{Dim: 32}, 1_000_000, Flat},
		{Options{Dim: 32}, 1_000_001, HNSW},
		{Options{Dim: 1024, Quantization: NoQuantization}, 31_250, Flat},
		{Options{Dim: 1024, Quantization: NoQuantization}, 31_251, HNSW},
		{Options{Dim: 100, Quantization: Edges}, 5, HNSW},
	} {
		c.o.Kind = Auto
		if got := AutoKind(c.o, c.n); got != c.want {
			t.Errorf("%+v with %d vectors: %s, want %s", c.o, c.n, got, c.want)
		}
	}
}

// An index that outgrows a flat one becomes a graph with the same vectors.
func TestSettle(t *testing.T) {
	const dim = 40000 // of which 800 vectors are the limit
	o := Options{Dim: dim, Kind: Auto, Quantization: NoQuantization, M: 4, EfConstruction: 10}
	ix, err := Fill(t.Context(), o, "x", func(add func(int64, []float32) error) error {
		for i := range 801 {
			x := make([]float32, dim)
			x[i] = 1
			if err := add(801, x); err != nil {
				return err
			}
		}
		return nil
	}, func(int64, int64) {})
	if err != nil || ix.Options().Kind != HNSW || ix.Len() != 801 {
		t.Fatal(ix.Options().Kind, ix.Len(), err)
	}
	small := mustNew(t, Options{Dim: 3, Kind: Auto})
	if err := small.Add(7, []float32{0, 3, 4}); err != nil {
		t.Fatal(err)
	}
	same, err := Settle(t.Context(), small, nil)
	if err != nil || same != small || same.Options().Kind != Flat {
		t.Error(err)
	}
	edges := mustNew(t, Options{Dim: 3, Kind: Auto, Quantization: Edges})
	if edges.Options().Kind != HNSW {
		t.Error(edges.Options().Kind)
	}
	graph := filled(t, Options{Dim: 3}, []float32{1, 0, 0, 0, 1, 0})
	flat, err := Settle(t.Context(), graph, func(int64, int64) {})
	if err != nil || flat.Options().Kind != Flat || flat.Len() != 2 {
		t.Error(err)
	}
	if x, _ := flat.Vector(1); !slices.Equal(x, []float32{0, 1, 0}) {
		t.Error(x)
	}
}
