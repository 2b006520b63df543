package index

import (
	"bytes"
	"context"
	"errors"
	"testing"
)

// The graph does not depend on the number of threads, even after deletions.
func TestDeterministic(t *testing.T) {
	const n, dim = 3000, 16
	vectors := clustered(n+200, dim, 5)
	copy(vectors[40*dim:60*dim], vectors[:dim])
	base, queries := vectors[:n*dim], vectors[n*dim:]
	exact := filled(t, Options{Dim: dim, Kind: Flat}, base)
	var first []byte
	for _, threads := range []int{1, 2, 5} {
		o := Options{Dim: dim, M: 8, EfConstruction: 60, Threads: threads, Deterministic: true}
		ix := mustNew(t, o)
		for at := 0; at < n; at += 1000 {
			if err := ix.AddBatch(t.Context(), sequence(at, 1000), base[at*dim:(at+1000)*dim]); err != nil {
				t.Fatal(err)
			}
		}
		if err := ix.Delete(sequence(100, 500)...); err != nil {
			t.Fatal(err)
		}
		if err := ix.AddBatch(t.Context(), sequence(100, 500), base[100*dim:600*dim]); err != nil {
			t.Fatal(err)
		}
		mustVerify(t, ix)
		file := saved(t, ix)
		if first == nil {
			first = file
		} else if !bytes.Equal(file, first) {
			t.Errorf("the graph built with %d threads differs", threads)
		}
		usual := filled(t, Options{Dim: dim, M: 8, EfConstruction: 60}, base)
		a, b := recall(t, exact, ix, queries, 10, SearchOptions{Ef: 20}), recall(t, exact, usual, queries, 10, SearchOptions{Ef: 20})
		if a < b-0.01 {
			t.Errorf("recall@10 %.4f, without Deterministic %.4f", a, b)
		}
		if back := mustLoad(t, saved(t, ix)); !back.Options().Deterministic {
			t.Error("Deterministic was not saved")
		}
	}
	ix := mustNew(t, Options{Dim: dim, Deterministic: true})
	err := ix.AddBatch(&countdown{Context: context.Background(), left: 20}, sequence(0, n), base)
	if !errors.Is(err, context.Canceled) || ix.Len() == 0 || ix.Len() == n {
		t.Errorf("canceled: error %v, %d vectors", err, ix.Len())
	}
	mustVerify(t, ix)
}

// Changes after a deterministic batch do not overwrite its buffers.
func TestAddAfterDeterministicBatch(t *testing.T) {
	vectors := clustered(300, 4, 1)
	ix := mustNew(t, Options{Dim: 4, M: 4, EfConstruction: 20, Deterministic: true})
	for at := 0; at < 300; at += 100 {
		if err := ix.AddBatch(t.Context(), sequence(at, 90), vectors[at*4:][:90*4]); err != nil {
			t.Fatal(err)
		}
		for i := at + 90; i < at+100; i++ {
			if err := ix.Add(int64(i), vectors[i*4:][:4]); err != nil {
				t.Fatal(err)
			}
		}
		mustVerify(t, ix)
	}
}
