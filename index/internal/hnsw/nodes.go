package hnsw

import (
	"runtime"

	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/index/internal/rows"
)

// Await returns when a node that has a new copy can be found, and so the copy can.
// Another goroutine may still be inserting the node.
func (g *Graph) Await(twin id) {
	for !g.Is(twin, rows.Ready|rows.Dead) {
		runtime.Gosched()
	}
}

// PublishNode lets searches return n, which is linked.
func (g *Graph) PublishNode(n id) {
	g.Publish(n)
	g.RaiseEntry(n)
}

// RaiseEntry makes n the entry point if its level is higher. A cleanup that had to
// replace the entry point looked only among visible nodes, and n was not one then.
func (g *Graph) RaiseEntry(n id) {
	e := newEntry(n, int(g.node(n).level))
	if e.level() <= g.entryPoint().level() {
		return
	}
	g.raise.Lock()
	defer g.raise.Unlock()
	if e.level() > g.entryPoint().level() && !g.Is(n, rows.Condemned) {
		g.entry.Store(int64(e))
	}
}

// TwinOf returns the node that holds vector, whose hash is h, or none. The caller
// holds Mu.
func (g *Graph) TwinOf(h uint64, vector []float32) id {
	return g.twins.Find(h, g.holds(vector))
}

// NewNode stores a prepared vector, whose hash once it is stored is h, as a copy of twin or, if that is
// none, as a new node without links. The caller holds Mu.
func (g *Graph) NewNode(label int64, vector []float32, h uint64, twin id) id {
	// Grown first, because other goroutines may access an id once place returns it.
	g.nodes.Grow(int(g.Reserved.Load()) + 1)
	n := g.Place(label, vector)
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
func (g *Graph) holds(vector []float32) func(id) bool {
	return func(n id) bool { return equal(g.Arena.Vector(n), vector) }
}

func (g *Graph) vectorHashOf(n id) uint64 { return hashing.Vector(g.Arena.Vector(n)) }

// allocateUpper assigns n the rows of its levels above 0. The caller holds Mu.
func (g *Graph) allocateUpper(n id) {
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
func (g *Graph) freeUpper(v *node) {
	if v.level > 0 {
		g.upperFree[v.level] = append(g.upperFree[v.level], v.upper)
	}
}

// joinCopies adds n to the chain of copies of twin. The caller holds Mu.
func (g *Graph) joinCopies(n, twin id) {
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
// Shown and Mu.
func (g *Graph) leaveCopies(n id) {
	v := g.node(n)
	next := load(&v.next)
	put(&g.node(v.prev).next, next)
	if next != none {
		g.node(next).prev = v.prev
	}
	g.copies--
	g.Mark(n, rows.Dead|rows.Condemned)
	g.Retire(n)
}

// Drop removes the vector of n, whose label is no longer in the table. The caller
// holds Shown and Mu.
func (g *Graph) Drop(n id) {
	v := g.node(n)
	switch next := load(&v.next); {
	case v.twin != none:
		g.leaveCopies(n)
	case next != none: // the node now represents one of its copies
		label := g.Label(next)
		g.Labels.Row(int(n))[0] = label
		g.SetID(label, n)
		g.leaveCopies(next)
	default:
		g.Mark(n, rows.Dead)
		g.twins.Remove(g.vectorHashOf(n), func(c id) bool { return c == n }, g.vectorHashOf)
		g.waiting = append(g.waiting, n)
		g.deleted.Add(1)
		g.cleanup.owe()
	}
}
