package index

import (
	"testing"
	"time"
)

// The tests in this file reproduce rare interleavings of goroutines.

// Whenever a label is updated during a search, the search finds it with its old or its new
// vector.
func TestUpdatedWhileSearching(t *testing.T) {
	vectors := clustered(600, 8, 5)
	for name, to := range map[string][]float32{"near": {1, 1.01, 1, 1, 1, 1, 1, 1}, "copy": vectors[50*8 : 51*8]} {
		for _, copied := range []bool{false, true} {
			at := []float32{1, 1, 1, 1, 1, 1, 1, 1}
			copy(vectors[5*8:], at)
			if copied {
				copy(vectors[6*8:], at)
			}
			g := filled(t, Options{Dim: 8, Metric: Euclidean, M: 4, EfConstruction: 20, EfSearch: 20}, vectors).(*graph)
			distance, calls, stop := g.Distance, 0, -1
			g.Distance = func(x, y []float32) float32 {
				d := distance(x, y)
				if calls++; calls == stop {
					if err := g.Update(5, to); err != nil {
						t.Error(err)
					}
				}
				return d
			}
			query := at
			if name == "copy" {
				query = to // where the label moves
			}
			mustSearch(t, g, query, 3, SearchOptions{})
			for all, i := calls, 1; i <= all; i += 7 {
				calls, stop = 0, i
				rs, err := g.Search(query, 3, SearchOptions{})
				if err != nil {
					t.Fatal(err)
				}
				times := 0
				for _, r := range rs {
					if r.Label == 5 {
						times++
					}
				}
				if name == "near" && times != 1 || times > 1 {
					t.Fatalf("%s, copied %v, updated at distance %d of %d: found the label %d times: %v", name, copied, i, all, times, rs)
				}
				calls, stop = 0, -1
				if err := g.Update(5, at); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// AddBatch returns when all its vectors can be found, even a copy of a vector that another
// goroutine is adding.
func TestBatchWaitsForTwins(t *testing.T) {
	g := filled(t, Options{Dim: 2, Metric: Euclidean, M: 2, Threads: 1}, []float32{0, 1}).(*graph)
	w := g.Pool.Get()
	copy(w.Query, []float32{7, 1})
	if err := g.Claim([]int64{100}); err != nil {
		t.Fatal(err)
	}
	n, _ := g.reserve(100, w.Query)
	done := make(chan error)
	go func() { done <- g.AddBatch(t.Context(), []int64{500}, []float32{7, 1}) }()
	select {
	case <-done:
		t.Error("AddBatch returned before the copy is reachable")
		return
	case <-time.After(50 * time.Millisecond):
	}
	g.net.Insert(w, n)
	g.Publish(n)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A label of a batch is deleted, and claimed by another addition, before AddBatch returns.
func TestBatchKeepsOthersClaims(t *testing.T) {
	f := mustNew(t, Options{Dim: 2, Kind: Flat, Threads: 1}).(*flat)
	err := f.addBatch(t.Context(), []int64{1, 2}, []float32{1, 0, 0, 1}, func(w *scratch, label int64) {
		f.insert(w, label)
		if label == 2 {
			if err := f.Delete(1); err != nil {
				t.Error(err)
			}
			if err := f.Claim([]int64{1}); err != nil {
				t.Error(err)
			}
		}
	})
	if _, claimed := f.Claimed[1]; err != nil || !claimed {
		t.Errorf("the other claim was released: %v", err)
	}
}
