package index

import (
	"context"
	"io"
	"runtime"
)

func (g *graph) Add(label int64, vector []float32) error {
	return g.add(label, vector, g.admit)
}

// admit adds the prepared vector of w under a label that is claimed.
func (g *graph) admit(w *scratch, label int64) {
	n := g.reserve(label, w.query)
	twin := g.node(n).twin
	if twin == none {
		g.insert(w, n)
		g.arrive(n)
		g.tidy(w)
		return
	}
	g.await(twin)
}

// await returns when a node that has got a copy can be found, and so the copy:
// within a moment, if it is still on its way in, in another goroutine.
func (g *graph) await(twin id) {
	for !g.is(twin, ready|dead) {
		runtime.Gosched()
	}
}

// arrive lets searches return n, which is linked.
func (g *graph) arrive(n id) {
	g.show(n)
	g.lift(n)
}

// lift makes n the entry point when it lies higher. A round that had to find
// another one looked only among nodes that show, which n did not do then.
func (g *graph) lift(n id) {
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

// reserve stores a prepared vector under the label. It becomes a node, still
// without links, or joins the copies of the node that holds the same vector.
func (g *graph) reserve(label int64, vector []float32) id {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := hash(vector)
	twin := g.twinOf(h, vector)
	n := g.stow(label, vector, h, twin)
	g.setID(label, n)
	g.note(added, label, vector)
	if twin != none {
		g.show(n)
	}
	return n
}

// twinOf returns the node that holds vector, whose hash is h, or none. The
// caller holds mu.
func (g *graph) twinOf(h uint64, vector []float32) id {
	return g.twins.find(h, g.holds(vector))
}

// stow stores a prepared vector, whose hash is h, as a copy of twin or, when
// that is none, as a new node without links. The caller holds mu.
func (g *graph) stow(label int64, vector []float32, h uint64, twin id) id {
	// First, because an id that place has given out may be looked at.
	g.nodes.grow(int(g.reserved.Load()) + 1)
	n := g.place(label, vector)
	v := g.node(n)
	g.takeUpper(v) // of the node that was here
	*v = node{upper: -1, twin: twin, prev: none}
	for i, slots := 0, g.links(n, 0); i < len(slots); i++ {
		put(&slots[i], none)
	}
	if twin != none {
		g.joinCopies(n, twin)
		return n
	}
	v.level = int8(g.drawLevel(label))
	g.giveUpper(n)
	g.twins.add(h, n, g.vectorHashOf)
	return n
}

// holds says of a node that its vector is this one.
func (g *graph) holds(vector []float32) func(id) bool {
	return func(n id) bool { return equal(g.arena.vector(n), vector) }
}

func (g *graph) vectorHashOf(n id) uint64 { return hash(g.arena.vector(n)) }

// giveUpper gives n the rows of its levels above 0. The caller holds mu.
func (g *graph) giveUpper(n id) {
	v := g.node(n)
	level := int(v.level)
	if level == 0 {
		return
	}
	if free := g.upperFree[level]; len(free) > 0 {
		v.upper = free[len(free)-1]
		g.upperFree[level] = free[:len(free)-1]
		for l := range level {
			clear(g.upper.row(int(v.upper) + l))
		}
		return
	}
	g.upper.grow(g.upperRows + level)
	v.upper = int32(g.upperRows)
	g.upperRows += level
}

// takeUpper keeps the rows that giveUpper gave for the next node of that level.
func (g *graph) takeUpper(v *node) {
	if v.level > 0 {
		g.upperFree[v.level] = append(g.upperFree[v.level], v.upper)
	}
}

// joinCopies hangs n on the chain of copies of twin. The caller holds mu.
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

// leaveCopies takes n, a copy, from its chain and gives it up. The caller holds
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

func (g *graph) Save(w io.Writer) error {
	if err := g.complete(); err != nil {
		return err
	}
	g.gate.Lock()
	defer g.gate.Unlock()
	return g.write(w)
}

// write is Save for who holds gate alone.
func (g *graph) write(w io.Writer) error {
	g.settle()
	return save(w, &g.store, g)
}
