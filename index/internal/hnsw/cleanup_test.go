package hnsw

import (
	"testing"
	"time"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/chunk"
	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/index/internal/problems"
	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// The tests in this file reproduce rare interleavings of goroutines.

// labelOf returns the first label from from whose node has this level.
func labelOf(g *Graph, level int, from int64) int64 {
	for g.drawLevel(from) != level {
		from++
	}
	return from
}

// lowGraph returns a graph of n vectors on a line, all on level 0.
func lowGraph(t *testing.T, n int) *Graph {
	t.Helper()
	g := empty()
	label := int64(-1)
	for i := range n {
		label = labelOf(g, 0, label+1)
		add(t, g, label, float32(i))
	}
	return g
}

// empty returns an empty graph for vectors of two values.
func empty() *Graph {
	r := new(rows.Rows)
	r.Init(arena.New(2, 4, 0, false, true, false, false, false, 1), kernel.SquaredDistance)
	g := &Graph{M: 2, EfConstruction: 200, Seed: 1}
	g.Init(r)
	return g
}

// begin stores a vector, but does not link it.
func begin(t *testing.T, g *Graph, label int64, x float32) (*rows.Scratch, id) {
	t.Helper()
	w := g.Pool.Get()
	w.Query[0], w.Query[1] = x, 1
	if err := g.Claim([]int64{label}); err != nil {
		t.Fatal(err)
	}
	g.Mu.Lock()
	defer g.Mu.Unlock()
	n := g.NewNode(label, w.Query, hashing.Vector(w.Query), none)
	g.SetID(label, n)
	return w, n
}

func add(t *testing.T, g *Graph, label int64, x float32) {
	t.Helper()
	w, n := begin(t, g, label, x)
	g.Insert(w, n)
	g.PublishNode(n)
	g.AdvanceCleanup(w)
	g.Pool.Put(w)
}

// remove deletes a label without advancing a cleanup.
func remove(g *Graph, label int64) {
	g.Shown.Lock()
	defer g.Shown.Unlock()
	g.Mu.Lock()
	defer g.Mu.Unlock()
	n := g.IDOf(label)
	g.Forget(label)
	g.Drop(n)
	g.Count.Add(-1)
}

func mustVerify(t *testing.T, g *Graph) {
	t.Helper()
	var p problems.List
	if _, err := g.Verify(t.Context(), &p); err != nil || p.Err() != nil {
		t.Fatal(err, p.Err())
	}
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
	only := g.Label(0)
	w, n := begin(t, g, labelOf(g, 0, 100), 7)
	start := g.entryPoint()
	g.neighbors(w, n, start, 0)
	if len(w.Chosen[0]) != 1 {
		t.Fatal("found no neighbor")
	}
	remove(g, only)
	g.AdvanceCleanupAlone() // it begins, and waits for w
	within(t, func() {
		if g.connect(w, n, 0) {
			t.Error("connected to a condemned node")
		}
		g.Insert(w, n)
	})
	g.PublishNode(n)
	g.AdvanceCleanup(w)
	g.Pool.Put(w)
	for i := range 10 {
		add(t, g, int64(1000+i), float32(i)/2)
		mustVerify(t, g)
	}
}

// All nodes are condemned while an insertion searches for neighbors. It may then make its
// node the entry point only if no other insertion can.
func TestEntryCondemnedMeanwhile(t *testing.T) {
	g := lowGraph(t, 1)
	remove(g, g.Label(0))
	w, n := begin(t, g, labelOf(g, 0, 100), 7)
	distance, before := g.Distance, g.entryPoint()
	g.Distance = func(x, y []float32) float32 {
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
	add(t, g, highest, 3.5)
	remove(g, highest)
	g.condemn(true)
	w, n := begin(t, g, labelOf(g, 2, 100), 7.5)
	g.Insert(w, n)
	if !g.replaceEntry() {
		t.Fatal("replaceEntry failed")
	}
	g.PublishNode(n)
	g.Pool.Put(w)
	mustVerify(t, g)
}

// A leaf that is about to get a child gets others at that moment.
func TestOrphanAtAFullLeaf(t *testing.T) {
	g := lowGraph(t, 1)
	var nodes []id
	var w *rows.Scratch
	for i := range 4 {
		var n id
		w, n = begin(t, g, labelOf(g, 0, int64(100*i+100)), float32(i+5))
		nodes = append(nodes, n)
	}
	orphan, parent := nodes[0], nodes[1]
	put(&g.node(orphan).parent, parent)
	g.Mark(parent, rows.Dead|rows.Condemned)
	distance, came := g.Distance, false
	g.Distance = func(x, y []float32) float32 {
		if !came {
			came = true
			for _, n := range nodes[2:] {
				if !g.adopt(g.Pool.Get(), 0, n, []key{walk.NewKey(1, 0)}, g.M) {
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

// A search that scans all ids may see an id as soon as it is reserved, so the array of
// nodes must already have its row.
func TestConcurrentScanFindsNodes(t *testing.T) {
	g := empty()
	g.nodes = chunk.New(1, nodeSize, func(n int) []node {
		if known := g.nodes.Values(); int(g.Reserved.Load()) > known {
			t.Errorf("%d ids are reserved, but there are %d nodes", g.Reserved.Load(), known)
		}
		return make([]node, n)
	})
	add(t, g, 0, 1)
}
