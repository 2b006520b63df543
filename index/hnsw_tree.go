package index

import (
	"slices"

	"github.com/luminavec/luminavec/index/internal/walk"
)

// The spanning tree: every node but the root has a parent, with a link in each
// direction that pruning never removes. So level 0 always connects all nodes,
// whatever happens to the other links. A node normally has at most M children, half
// of its slots; if necessary (see attach), one less than its slots.

// attach makes n reachable: it writes n's links on level 0 and gives it a parent. The
// parent is the nearest chosen neighbor with room for a child, or else one found by
// going down the tree from them; a leaf has room. A node takes more than M children
// only if all nodes below are about to be removed. If the chosen nodes themselves
// are, attach returns none.
func (g *graph) attach(w *scratch, n id) id {
	chosen := w.chosen[0]
	w.queue = w.queue[:0]
	for _, c := range chosen {
		w.queue = append(w.queue, c.ID())
	}
	for i := 0; i < len(w.queue); i++ {
		if p := w.queue[i]; g.adopt(w, p, n, chosen, g.options.M) {
			return p
		}
	}
	stays := func(c key) bool { return !g.is(c.ID(), condemned) }
	for i := 0; slices.ContainsFunc(chosen, stays); i = (i + 1) % len(w.queue) {
		if p := w.queue[i]; g.adopt(w, p, n, chosen, 2*g.options.M-1) {
			return p
		}
	}
	return none
}

// adopt makes p the parent of n, or appends p's children to the queue if p has no
// room or is about to be removed.
func (g *graph) adopt(w *scratch, p, n id, chosen []key, most int) bool {
	mu := g.lock(p)
	mu.Lock()
	defer mu.Unlock()
	v := g.node(p)
	if g.is(p, condemned) || int(v.children) >= most { // in this order: a cleanup resets children
		w.queue = g.appendChildren(w.queue, p)
		return false
	}
	v.children++
	put(&g.node(n).parent, p)
	linked := false
	w.coding = none
	for i, c := range chosen {
		g.setLink(w, n, 0, i, c.ID())
		linked = linked || c.ID() == p
	}
	if !linked {
		g.setLink(w, n, 0, len(chosen), p) // there are 2M slots and M are chosen
	}
	g.linkLocked(w, p, n, g.distance(g.arena.Vector(p), g.arena.Vector(n)), 0)
	return true
}

func (g *graph) parent(n id) id { return load(&g.node(n).parent) }

// appendChildren appends the children of p.
func (g *graph) appendChildren(dst []id, p id) []id {
	slots := g.links(p, 0)
	for i := range slots {
		if c := load(&slots[i]); c != none && g.parent(c) == p {
			dst = append(dst, c)
		}
	}
	return dst
}

// top climbs from n to the ancestor whose parent is missing or about to be removed.
// Only a cleanup changes parents once they are set.
func (g *graph) top(n id) id {
	for {
		p := g.parent(n)
		if p == none || g.is(p, condemned) {
			return n
		}
		n = p
	}
}

// removeFromTree removes d, which is condemned, from the tree: its children get other
// parents. main is the top of the tree that they join.
func (g *graph) removeFromTree(w *scratch, d, main id) {
	w.children = g.appendChildren(w.children[:0], d)
	for _, c := range w.children {
		if !g.is(c, condemned) && c != main {
			g.reparent(w, c, d, main)
		}
	}
	if p := g.parent(d); p != none && !g.is(p, condemned) {
		g.detach(d, p)
	}
	g.node(d).children = 0
}

// detach removes d, which is condemned, from the children of p.
func (g *graph) detach(d, p id) {
	mu := g.lock(p)
	mu.Lock()
	defer mu.Unlock()
	g.node(p).children--
	put(&g.node(d).parent, none)
}

// reparent finds another parent for c, whose parent d is condemned: the nearest of its
// neighbors, of d's and of theirs that has room and is not a descendant of c, or else
// the first with room below main.
func (g *graph) reparent(w *scratch, c, d, main id) {
	w.seen.Start(int(g.reserved.Load()))
	w.seen.Add(c)
	w.offers = w.offers[:0]
	g.candidates(w, c, c, 0, dead)
	g.candidates(w, c, d, 0, dead)
	near := w.offers
	for hops := 0; ; hops++ {
		slices.Sort(near)
		for _, k := range near {
			if g.top(k.ID()) != c && g.setParent(w, c, k.ID(), k.Distance()) {
				return
			}
		}
		if hops == 1 {
			break
		}
		tried := len(w.offers)
		for i := range tried {
			g.candidates(w, c, w.offers[i].ID(), 0, dead)
		}
		near = w.offers[tried:]
	}
	w.queue = append(w.queue[:0], main)
	for i := 0; ; i++ { // ends at a leaf at the latest
		q := w.queue[i]
		from := len(w.queue)
		w.queue = g.appendChildren(w.queue, q)
		w.queue = slices.DeleteFunc(w.queue, func(n id) bool { return g.parent(n) == q && g.detachIfCondemned(n, q) })
		if len(w.queue)-from < g.options.M {
			if g.setParent(w, c, q, g.distance(g.arena.Vector(c), g.arena.Vector(q))) {
				return
			}
			// Insertions have filled it meanwhile: try its children again.
			w.queue, i = w.queue[:from], i-1
		}
	}
}

// detachIfCondemned removes d from the children of q if it is condemned.
func (g *graph) detachIfCondemned(d, q id) bool {
	if !g.is(d, condemned) {
		return false
	}
	g.detach(d, q)
	return true
}

// candidates appends to w.offers the neighbors of n that have none of the state bits
// and are not in w.seen, with their distances to base.
func (g *graph) candidates(w *scratch, base, n id, level int, bits uint32) {
	x := g.arena.Vector(base)
	w.fresh = w.seen.AppendNew(w.fresh[:0], g.links(n, level))
	for _, c := range w.fresh {
		if !g.is(c, bits) {
			w.offers = append(w.offers, walk.NewKey(g.distance(x, g.arena.Vector(c)), c))
		}
	}
}

// setParent makes q, at distance d, the parent of c, unless q has no room.
func (g *graph) setParent(w *scratch, c, q id, d float32) bool {
	if !g.addChild(w, q, c, d) {
		return false
	}
	g.link(w, c, q, d, 0)
	return true
}

// addChild is q's side of setParent.
func (g *graph) addChild(w *scratch, q, c id, d float32) bool {
	mu := g.lock(q)
	mu.Lock()
	defer mu.Unlock()
	v := g.node(q)
	if int(v.children) >= g.options.M {
		return false
	}
	v.children++
	put(&g.node(c).parent, q)
	g.linkLocked(w, q, c, d, 0)
	return true
}
