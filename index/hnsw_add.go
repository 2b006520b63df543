package index

import (
	"context"
	"io"
	"runtime"

	"github.com/luminavec/luminavec/index/internal/changelog"
	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/hashing"
)

func (g *graph) Add(label int64, vector []float32) error {
	return g.add(label, vector, g.admit)
}

// admit adds the prepared vector of w under a claimed label.
func (g *graph) admit(w *scratch, label int64) {
	n := g.reserve(label, w.query)
	twin := g.node(n).twin
	if twin == none {
		g.insert(w, n)
		g.publishNode(n)
		g.advanceCleanup(w)
		return
	}
	g.await(twin)
}

// await returns when a node that has a new copy can be found, and so the copy can.
// Another goroutine may still be inserting the node.
func (g *graph) await(twin id) {
	for !g.is(twin, ready|dead) {
		runtime.Gosched()
	}
}

// publishNode lets searches return n, which is linked.
func (g *graph) publishNode(n id) {
	g.publish(n)
	g.raiseEntry(n)
}

// raiseEntry makes n the entry point if its level is higher. A cleanup that had to
// replace the entry point looked only among visible nodes, and n was not one then.
func (g *graph) raiseEntry(n id) {
	e := newEntry(n, int(g.node(n).level))
	if e.level() <= g.entryPoint().level() {
		return
	}
	g.raise.Lock()
	defer g.raise.Unlock()
	if e.level() > g.entryPoint().level() && !g.is(n, condemned) {
		g.entry.Store(int64(e))
	}
}

func (g *graph) AddBatch(ctx context.Context, labels []int64, vectors []float32) error {
	if g.options.Deterministic {
		if err := g.claimBatch(ctx, labels, vectors); err != nil || len(labels) == 0 {
			return err
		}
		return g.addBlocks(ctx, labels, vectors)
	}
	return g.addBatch(ctx, labels, vectors, g.admit)
}

// reserve stores a prepared vector under the label. The vector becomes a node without
// links, or joins the copies of the node that holds the same vector.
func (g *graph) reserve(label int64, vector []float32) id {
	stored := g.rounded(vector)
	g.mu.Lock()
	defer g.mu.Unlock()
	h := hashing.Vector(stored)
	twin := g.twinOf(h, stored)
	n := g.newNode(label, vector, h, twin)
	g.setID(label, n)
	g.log(changelog.Added, label, vector)
	if twin != none {
		g.publish(n)
	}
	return n
}

// twinOf returns the node that holds vector, whose hash is h, or none. The caller
// holds mu.
func (g *graph) twinOf(h uint64, vector []float32) id {
	return g.twins.Find(h, g.holds(vector))
}

// newNode stores a prepared vector, whose hash once it is stored is h, as a copy of twin or, if that is
// none, as a new node without links. The caller holds mu.
func (g *graph) newNode(label int64, vector []float32, h uint64, twin id) id {
	// Grown first, because other goroutines may access an id once place returns it.
	g.nodes.Grow(int(g.reserved.Load()) + 1)
	n := g.place(label, vector)
	v := g.node(n)
	g.freeUpper(v) // of the node that had this id
	*v = node{upper: -1, twin: twin, prev: none}
	for i, slots := 0, g.links(n, 0); i < len(slots); i++ {
		put(&slots[i], none)
	}
	if twin != none {
		g.joinCopies(n, twin)
		return n
	}
	v.level = int8(g.drawLevel(label))
	g.allocateUpper(n)
	g.twins.Add(h, n, g.vectorHashOf)
	return n
}

// holds returns a function that reports whether a node has this vector.
func (g *graph) holds(vector []float32) func(id) bool {
	return func(n id) bool { return equal(g.arena.Vector(n), vector) }
}

func (g *graph) vectorHashOf(n id) uint64 { return hashing.Vector(g.arena.Vector(n)) }

// allocateUpper assigns n the rows of its levels above 0. The caller holds mu.
func (g *graph) allocateUpper(n id) {
	v := g.node(n)
	level := int(v.level)
	if level == 0 {
		return
	}
	if free := g.upperFree[level]; len(free) > 0 {
		v.upper = free[len(free)-1]
		g.upperFree[level] = free[:len(free)-1]
		for l := range level {
			clear(g.upper.Row(int(v.upper) + l))
		}
		return
	}
	g.upper.Grow(g.upperRows + level)
	v.upper = int32(g.upperRows)
	g.upperRows += level
}

// freeUpper releases the rows of v for the next node of its level.
func (g *graph) freeUpper(v *node) {
	if v.level > 0 {
		g.upperFree[v.level] = append(g.upperFree[v.level], v.upper)
	}
}

// joinCopies adds n to the chain of copies of twin. The caller holds mu.
func (g *graph) joinCopies(n, twin id) {
	v, head := g.node(n), g.node(twin)
	next := load(&head.next)
	v.prev = twin
	put(&v.next, next)
	if next != none {
		g.node(next).prev = n
	}
	put(&head.next, n)
	g.copies++
}

// leaveCopies removes n, a copy, from its chain and retires it. The caller holds
// shown and mu.
func (g *graph) leaveCopies(n id) {
	v := g.node(n)
	next := load(&v.next)
	put(&g.node(v.prev).next, next)
	if next != none {
		g.node(next).prev = v.prev
	}
	g.copies--
	g.mark(n, dead|condemned)
	g.retire(n)
}

func (g *graph) Save(w io.Writer) error { return saveIndex(g, w) }

// write implements Save for a caller that holds gate exclusively.
func (g *graph) write(w io.Writer) error {
	g.finishCleanup()
	if err := g.reduce(); err != nil {
		return err
	}
	if g.stale() { // searches of the opened file use them
		g.measureWidths(nil)
	}
	return save(w, &g.store, g)
}

func (g *graph) load(r *container.Reader) error { return g.store.load(r, g) }

func (g *graph) open(m *container.Image) error { return g.store.open(m, g) }
