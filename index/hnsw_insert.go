package index

import (
	"math"
	"runtime"
	"slices"

	"github.com/luminavec/luminavec/index/internal/walk"
)

// insert links node n into the graph (Algorithm 1 of the paper). It first finds the
// neighbors on all levels, then links from level 0 upwards: a node that a walk can
// meet on one level is already linked on the levels below, so no walk gets stuck on
// a node that is only half inserted.
func (g *graph) insert(w *scratch, n id) {
	for !g.tryInsert(w, n) {
		runtime.Gosched()
	}
}

// tryInsert fails if all nodes near n are about to be removed and another node has
// arrived meanwhile.
func (g *graph) tryInsert(w *scratch, n id) bool {
	level := int(g.node(n).level)
	start := g.entryPoint()
	raising := start == noEntry || level > start.level() || g.is(start.id(), condemned)
	if raising {
		g.raise.Lock()
		defer g.raise.Unlock()
		start = g.entryPoint()
		if start == noEntry {
			g.entry.Store(int64(newEntry(n, level)))
			return true
		}
	}

	g.neighbors(w, n, start, level)
	if len(w.chosen[0]) == 0 {
		// All existing nodes are about to be removed. n becomes the first of the new
		// ones, but only while raise is held, so that there is only one first node.
		if !raising || !g.is(start.id(), condemned) {
			return false
		}
		g.entry.Store(int64(newEntry(n, level)))
		return true
	}
	if !g.connect(w, n, min(level, start.level())) {
		return false
	}
	if level > start.level() {
		g.entry.Store(int64(newEntry(n, level)))
	}
	return true
}

// connect links n and w.chosen in both directions on the levels up to shared. It
// fails if all of them are about to be removed.
func (g *graph) connect(w *scratch, n id, shared int) bool {
	parent := g.attach(w, n)
	if parent == none {
		return false
	}
	for l := 1; l <= shared; l++ {
		slots := g.links(n, l)
		for i, c := range w.chosen[l] {
			put(&slots[i], c.ID())
		}
	}
	for l := 0; l <= shared; l++ {
		for _, c := range w.chosen[l] {
			if l > 0 || c.ID() != parent {
				g.link(w, c.ID(), n, c.Distance(), l)
			}
		}
	}
	return true
}

// neighbors finds the neighbors of n on each level l that n shares with the graph. It stores
// them in w.chosen[l], nearest first, and the candidates they were chosen from in w.beams[l].
func (g *graph) neighbors(w *scratch, n id, start entryPoint, level int) {
	q := g.arena.Vector(n)
	g.encode(w, q)
	at, d := g.descend(w, q, start, level)
	w.starts = append(w.starts[:0], walk.NewKey(d, at))
	for len(w.chosen) <= level {
		w.chosen, w.beams = append(w.chosen, nil), append(w.beams, nil)
	}
	w.wants = wantAll
	if g.deleted.Load() > 0 {
		w.wants = wantUndeleted
	}
	for l := min(level, start.level()); l >= 0; l-- {
		g.gatherNear(w, q, l)
		if len(w.beam) == 0 && l == 0 {
			w.wants = wantUncondemned
			g.gatherNear(w, q, l)
		}
		if len(w.beam) > 0 {
			w.starts = append(w.starts[:0], w.beam...)
		}
		g.measure(w, w.beam, q)
		w.sorted = append(w.sorted[:0], w.beam...)
		slices.Sort(w.sorted)
		w.chosen[l] = walk.Diverse(w.chosen[l][:0], w.sorted, g.options.M, nil, g.spread)
		if g.options.Deterministic {
			w.beams[l] = append(w.beams[l][:0], w.sorted...)
		}
	}
}

// gatherNear finds the wanted nodes of a level nearest to q, in w.beam.
func (g *graph) gatherNear(w *scratch, q []float32, level int) {
	w.begin(int(g.reserved.Load()))
	for _, c := range w.starts {
		g.enter(w, c)
	}
	if w.wants == wantAll {
		g.walk(w, q, g.options.EfConstruction, level)
	} else {
		g.walkWanted(w, q, g.options.EfConstruction, level, math.MaxInt64)
	}
}

// spread reports whether no chosen node is nearer to c than the base is.
func (g *graph) spread(c key, chosen []key) bool {
	d, x := c.Distance(), g.arena.Vector(c.ID())
	for _, t := range chosen {
		if g.distance(x, g.arena.Vector(t.ID())) < d {
			return false
		}
	}
	return true
}

// link adds n, at distance d, to the links of m.
func (g *graph) link(w *scratch, m, n id, d float32, level int) {
	mu := g.lock(m)
	mu.Lock()
	defer mu.Unlock()
	g.linkLocked(w, m, n, d, level)
}

// linkLocked is link for a caller that holds m's lock. A link that stays never moves
// to another slot, so that a walk reading the list cannot miss it.
func (g *graph) linkLocked(w *scratch, m, n id, d float32, level int) {
	slots := g.links(m, level)
	w.coding = none
	free := -1
	for i := range slots {
		switch load(&slots[i]) {
		case n:
			return // a node that gets another parent may already be linked
		case none:
			free = i
		}
	}
	if free >= 0 {
		g.setLink(w, m, level, free, n)
		return
	}
	x := g.arena.Vector(m)
	w.full = append(w.full[:0], walk.NewKey(d, n))
	for i := range slots {
		c := load(&slots[i])
		w.full = append(w.full, walk.NewKey(g.distance(x, g.arena.Vector(c)), c))
	}
	g.choose(w, m, level, w.full)
}

// choose sets the links of m on a level to the most diverse of offers, which include
// the present links. The caller holds m's lock.
func (g *graph) choose(w *scratch, m id, level int, offers []key) {
	slots := g.links(m, level)
	w.coding = none
	slices.Sort(offers)
	var must func(id) bool
	if level == 0 {
		up := g.parent(m)
		must = func(c id) bool { return c == up || g.parent(c) == m }
	}
	w.keep = walk.Diverse(w.keep[:0], offers, len(slots), must, g.spread)
	// Links that stay are removed from w.keep; the rest goes into the free slots.
	for i := range slots {
		c := load(&slots[i])
		if c == none {
			continue
		}
		at := slices.IndexFunc(w.keep, func(k key) bool { return k.ID() == c })
		if at >= 0 {
			w.keep = slices.Delete(w.keep, at, at+1)
		} else {
			put(&slots[i], none)
		}
	}
	for i, next := 0, 0; next < len(w.keep); i++ {
		if load(&slots[i]) == none {
			g.setLink(w, m, level, i, w.keep[next].ID())
			next++
		}
	}
}
