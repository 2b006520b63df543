package index

import (
	"bytes"
	"testing"
	"time"

	"github.com/luminavec/luminavec/index/internal/walk"
)

// The tests in this file reproduce rare interleavings of goroutines.

// labelOf returns the first label from from whose node has this level.
func labelOf(g *graph, level int, from int64) int64 {
	for g.drawLevel(from) != level {
		from++
	}
	return from
}

// lowGraph returns a graph of n vectors on a line, all on level 0.
func lowGraph(t *testing.T, n int) *graph {
	t.Helper()
	g := mustNew(t, Options{Dim: 2, Metric: Euclidean, M: 2, Threads: 1}).(*graph)
	label := int64(-1)
	for i := range n {
		label = labelOf(g, 0, label+1)
		if err := g.Add(label, []float32{float32(i), 1}); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// begin stores a vector like Add, but does not link it.
func begin(t *testing.T, g *graph, label int64, x float32) (*scratch, id) {
	t.Helper()
	w := g.scratch.Get()
	w.query[0], w.query[1] = x, 1
	if err := g.claim([]int64{label}); err != nil {
		t.Fatal(err)
	}
	return w, g.reserve(label, w.query)
}

// within fails if fn does not return.
func within(t *testing.T, fn func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); fn() }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it does not return")
	}
}

// All neighbors that an insertion has chosen are condemned before it can link to them.
func TestNeighborsCondemnedMeanwhile(t *testing.T) {
	g := lowGraph(t, 1)
	only := g.label(0)
	w, n := begin(t, g, labelOf(g, 0, 100), 7)
	start := g.entryPoint()
	g.neighbors(w, n, start, 0)
	if len(w.chosen[0]) != 1 {
		t.Fatal("found no neighbor")
	}
	if err := g.Delete(only); err != nil { // a cleanup begins, and waits for w
		t.Fatal(err)
	}
	within(t, func() {
		if g.connect(w, n, 0) {
			t.Error("connected to a condemned node")
		}
		g.insert(w, n)
	})
	g.publishNode(n)
	g.advanceCleanup(w)
	g.scratch.Put(w)
	for i := range 10 {
		if err := g.Add(int64(1000+i), []float32{float32(i) / 2, 2}); err != nil {
			t.Fatal(err)
		}
		mustVerify(t, g)
	}
}

// All nodes are condemned while an insertion searches for neighbors. It may then make its
// node the entry point only if no other insertion can.
func TestEntryCondemnedMeanwhile(t *testing.T) {
	g := lowGraph(t, 1)
	if err := g.remove([]int64{g.label(0)}, g.drop); err != nil { // without advancing a cleanup
		t.Fatal(err)
	}
	w, n := begin(t, g, labelOf(g, 0, 100), 7)
	distance, before := g.distance, g.entryPoint()
	g.distance = func(x, y []float32) float32 {
		g.condemn(true)
		return distance(x, y)
	}
	if g.tryInsert(w, n) || g.entryPoint() != before {
		t.Error("tryInsert changed the entry point without the lock")
	}
}

// A cleanup replaces the entry point while a node on a higher level than all others is
// linked but not yet visible.
func TestEntryBelowANewNode(t *testing.T) {
	g := lowGraph(t, 10)
	highest := labelOf(g, 3, 100)
	if err := g.Add(highest, []float32{3.5, 1}); err != nil {
		t.Fatal(err)
	}
	if err := g.remove([]int64{highest}, g.drop); err != nil {
		t.Fatal(err)
	}
	g.condemn(true)
	w, n := begin(t, g, labelOf(g, 2, 100), 7.5)
	g.insert(w, n)
	if !g.replaceEntry() {
		t.Fatal("replaceEntry failed")
	}
	g.publishNode(n)
	g.scratch.Put(w)
	mustVerify(t, g)
	if _, err := Load(bytes.NewReader(saved(t, g))); err != nil {
		t.Error(err)
	}
}

// A leaf that is about to get a child gets others at that moment.
func TestOrphanAtAFullLeaf(t *testing.T) {
	g := lowGraph(t, 1)
	var nodes []id
	var w *scratch
	for i := range 4 {
		var n id
		w, n = begin(t, g, labelOf(g, 0, int64(100*i+100)), float32(i+5))
		nodes = append(nodes, n)
	}
	orphan, parent := nodes[0], nodes[1]
	put(&g.node(orphan).parent, parent)
	g.mark(parent, dead|condemned)
	distance, came := g.distance, false
	g.distance = func(x, y []float32) float32 {
		if !came {
			came = true
			for _, n := range nodes[2:] {
				if !g.adopt(g.scratch.Get(), 0, n, []key{walk.NewKey(1, 0)}, g.options.M) {
					t.Error("adopt found no room")
				}
			}
		}
		return distance(x, y)
	}
	g.reparent(w, orphan, parent, 0)
	if p := g.parent(orphan); p != nodes[2] && p != nodes[3] {
		t.Errorf("the parent is %d, want %d or %d", p, nodes[2], nodes[3])
	}
}

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
			distance, calls, stop := g.distance, 0, -1
			g.distance = func(x, y []float32) float32 {
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
	g := lowGraph(t, 1)
	w, n := begin(t, g, labelOf(g, 0, 100), 7)
	done := make(chan error)
	go func() { done <- g.AddBatch(t.Context(), []int64{500}, []float32{7, 1}) }()
	select {
	case <-done:
		t.Error("AddBatch returned before the copy is reachable")
		return
	case <-time.After(50 * time.Millisecond):
	}
	g.insert(w, n)
	g.publish(n)
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
			if err := f.claim([]int64{1}); err != nil {
				t.Error(err)
			}
		}
	})
	if _, claimed := f.claimed[1]; err != nil || !claimed {
		t.Errorf("the other claim was released: %v", err)
	}
}
