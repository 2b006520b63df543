package hnsw

import (
	"slices"

	"github.com/luminavec/luminavec/index/internal/rows"
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
func (g *Graph) attach(w *rows.Scratch, n id) id {
	chosen := w.Chosen[0]
	w.Queue = w.Queue[:0]
	for _, c := range chosen {
		w.Queue = append(w.Queue, c.ID())
	}
	for i := 0; i < len(w.Queue); i++ {
		if p := w.Queue[i]; g.adopt(w, p, n, chosen, g.M) {
			return p
		}
	}
	stays := func(c key) bool { return !g.Is(c.ID(), rows.Condemned) }
	for i := 0; slices.ContainsFunc(chosen, stays); i = (i + 1) % len(w.Queue) {
		if p := w.Queue[i]; g.adopt(w, p, n, chosen, 2*g.M-1) {
			return p
		}
	}
	return none
}

// adopt makes p the parent of n, or appends p's children to the queue if p has no
// room or is about to be removed.
func (g *Graph) adopt(w *rows.Scratch, p, n id, chosen []key, most int) bool {
	mu := g.lock(p)
	mu.Lock()
	defer mu.Unlock()
	v := g.node(p)
	if g.Is(p, rows.Condemned) || int(v.children) >= most { // in this order: a cleanup resets children
		w.Queue = g.appendChildren(w.Queue, p)
		return false
	}
	v.children++
	put(&g.node(n).parent, p)
	linked := false
	w.Coding = none
	for i, c := range chosen {
		g.setLink(w, n, 0, i, c.ID())
		linked = linked || c.ID() == p
	}
	if !linked {
		g.setLink(w, n, 0, len(chosen), p) // there are 2M slots and M are chosen
	}
	g.linkLocked(w, p, n, g.Distance(g.Arena.Vector(p), g.Arena.Vector(n)), 0)
	return true
}

func (g *Graph) parent(n id) id { return load(&g.node(n).parent) }

// appendChildren appends the children of p.
func (g *Graph) appendChildren(dst []id, p id) []id {
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
func (g *Graph) top(n id) id {
	for {
		p := g.parent(n)
		if p == none || g.Is(p, rows.Condemned) {
			return n
		}
		n = p
	}
}

// removeFromTree removes d, which is condemned, from the tree: its children get other
// parents. main is the top of the tree that they join.
func (g *Graph) removeFromTree(w *rows.Scratch, d, main id) {
	w.Children = g.appendChildren(w.Children[:0], d)
	for _, c := range w.Children {
		if !g.Is(c, rows.Condemned) && c != main {
			g.reparent(w, c, d, main)
		}
	}
	if p := g.parent(d); p != none && !g.Is(p, rows.Condemned) {
		g.detach(d, p)
	}
	g.node(d).children = 0
}

// detach removes d, which is condemned, from the children of p.
func (g *Graph) detach(d, p id) {
	mu := g.lock(p)
	mu.Lock()
	defer mu.Unlock()
	g.node(p).children--
	put(&g.node(d).parent, none)
}

// reparent finds another parent for c, whose parent d is condemned: the nearest of its
// neighbors, of d's and of theirs that has room and is not a descendant of c, or else
// the first with room below main.
func (g *Graph) reparent(w *rows.Scratch, c, d, main id) {
	w.Seen.Start(int(g.Reserved.Load()))
	w.Seen.Add(c)
	w.Offers = w.Offers[:0]
	g.candidates(w, c, c, 0, rows.Dead)
	g.candidates(w, c, d, 0, rows.Dead)
	near := w.Offers
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
		tried := len(w.Offers)
		for i := range tried {
			g.candidates(w, c, w.Offers[i].ID(), 0, rows.Dead)
		}
		near = w.Offers[tried:]
	}
	w.Queue = append(w.Queue[:0], main)
	for i := 0; ; i++ { // ends at a leaf at the latest
		q := w.Queue[i]
		from := len(w.Queue)
		w.Queue = g.appendChildren(w.Queue, q)
		w.Queue = slices.DeleteFunc(w.Queue, func(n id) bool { return g.parent(n) == q && g.detachIfCondemned(n, q) })
		if len(w.Queue)-from < g.M {
			if g.setParent(w, c, q, g.Distance(g.Arena.Vector(c), g.Arena.Vector(q))) {
				return
			}
			// Insertions have filled it meanwhile: try its children again.
			w.Queue, i = w.Queue[:from], i-1
		}
	}
}

// detachIfCondemned removes d from the children of q if it is condemned.
func (g *Graph) detachIfCondemned(d, q id) bool {
	if !g.Is(d, rows.Condemned) {
		return false
	}
	g.detach(d, q)
	return true
}

// candidates appends to w.Offers the neighbors of n that have none of the state bits
// and are not in w.Seen, with their distances to base.
func (g *Graph) candidates(w *rows.Scratch, base, n id, level int, bits uint32) {
	w.Fresh = w.Seen.AppendNew(w.Fresh[:0], g.links(n, level))
	w.Fresh = slices.DeleteFunc(w.Fresh, func(c id) bool { return g.Is(c, bits) })
	for i, away := range g.between(w, base, w.Fresh) {
		w.Offers = append(w.Offers, walk.NewKey(away, w.Fresh[i]))
	}
}

// setParent makes q, at distance d, the parent of c, unless q has no room.
func (g *Graph) setParent(w *rows.Scratch, c, q id, d float32) bool {
	if !g.addChild(w, q, c, d) {
		return false
	}
	g.link(w, c, q, d, 0)
	return true
}

// addChild is q's side of setParent.
func (g *Graph) addChild(w *rows.Scratch, q, c id, d float32) bool {
	mu := g.lock(q)
	mu.Lock()
	defer mu.Unlock()
	v := g.node(q)
	if int(v.children) >= g.M {
		return false
	}
	v.children++
	put(&g.node(c).parent, q)
	g.linkLocked(w, q, c, d, 0)
	return true
}
