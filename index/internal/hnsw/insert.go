package hnsw

import (
	"runtime"
	"slices"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/index/internal/walk"
)

// Insert links node n into the graph (Algorithm 1 of the paper). It first finds the
// neighbors on all levels, then links from level 0 upwards: a node that a walk can
// meet on one level is already linked on the levels below, so no walk gets stuck on
// a node that is only half inserted.
func (g *Graph) Insert(w *rows.Scratch, n id) {
	for !g.tryInsert(w, n) {
		runtime.Gosched()
	}
}

// tryInsert fails if all nodes near n are about to be removed and another node has
// arrived meanwhile.
func (g *Graph) tryInsert(w *rows.Scratch, n id) bool {
	level := int(g.node(n).level)
	start := g.entryPoint()
	raising := start == noEntry || level > start.level() || g.Is(start.id(), rows.Condemned)
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
	if len(w.Chosen[0]) == 0 {
		// All existing nodes are about to be removed. n becomes the first of the new
		// ones, but only while raise is held, so that there is only one first node.
		if !raising || !g.Is(start.id(), rows.Condemned) {
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

// connect links n and w.Chosen in both directions on the levels up to shared. It
// fails if all of them are about to be removed.
func (g *Graph) connect(w *rows.Scratch, n id, shared int) bool {
	parent := g.attach(w, n)
	if parent == none {
		return false
	}
	for l := 1; l <= shared; l++ {
		slots := g.links(n, l)
		for i, c := range w.Chosen[l] {
			put(&slots[i], c.ID())
		}
	}
	for l := 0; l <= shared; l++ {
		for _, c := range w.Chosen[l] {
			if l > 0 || c.ID() != parent {
				g.link(w, c.ID(), n, c.Distance(), l)
			}
		}
	}
	return true
}

// neighbors finds the neighbors of n on each level l that n shares with the graph. It stores
// them in w.Chosen[l], nearest first, and the candidates they were chosen from in w.Beams[l].
func (g *Graph) neighbors(w *rows.Scratch, n id, start entryPoint, level int) {
	q := g.Arena.Vector(n)
	g.encode(w, q)
	at, d := g.descend(w, q, start, level)
	w.Starts = append(w.Starts[:0], walk.NewKey(d, at))
	for len(w.Chosen) <= level {
		w.Chosen, w.Beams = append(w.Chosen, nil), append(w.Beams, nil)
	}
	w.Wants = rows.WantAll
	if g.deleted.Load() > 0 {
		w.Wants = rows.WantUndeleted
	}
	for l := min(level, start.level()); l >= 0; l-- {
		g.gatherNear(w, q, l)
		if len(w.Beam) == 0 && l == 0 {
			w.Wants = rows.WantUncondemned
			g.gatherNear(w, q, l)
		}
		if len(w.Beam) > 0 {
			w.Starts = append(w.Starts[:0], w.Beam...)
		}
		g.measureLevel(w, q, l)
		w.Sorted = walk.AppendSorted(w.Sorted[:0], w.Beam)
		w.Chosen[l] = walk.Diverse(w.Chosen[l][:0], w.Sorted, g.M, nil, g.spread(w))
		if g.KeepCandidates {
			w.Beams[l] = append(w.Beams[l][:0], w.Sorted...)
		}
	}
}

// buildSlack ends the walks of insertions (see Question), which expand at least two fifths of EfConstruction candidates. Searches of
// the graph that compare as many vectors find as much. With codes of 1 or 2 bits and with edges, whose estimates are
// rough, they would find less.
const buildSlack = 0.12

// gatherNear finds the wanted nodes of a level nearest to q, in w.Beam.
func (g *Graph) gatherNear(w *rows.Scratch, q []float32, level int) {
	w.Begin(int(g.Reserved.Load()))
	for _, c := range w.Starts {
		g.enter(w, c)
	}
	if level == 0 && !g.Inner && g.Arena.Edges == nil && (!g.Arena.Coded || g.Arena.Bits >= 4) {
		g.reach(w, Question{K: g.M, Slack: buildSlack, Least: max(2*g.M, 2*g.EfConstruction/5)})
		w.Reach.Most = g.EfConstruction
		defer func() { w.Reach = rows.Reach{} }()
	}
	if w.Wants == rows.WantAll {
		g.walk(w, q, g.EfConstruction, level)
	} else {
		g.walkWanted(w, q, g.EfConstruction, level, unlimited)
	}
}

// measureLevel replaces the distances of codes in w.Beam, which a walk on a level has left there, by those of the
// vectors.
func (g *Graph) measureLevel(w *rows.Scratch, q []float32, level int) {
	if g.Arena.Form != arena.Codes {
		g.measure(w, w.Beam, q)
		return
	}
	if level > 0 || g.Arena.Edges == nil { // vectors are what codes represent, and these are estimates
		for i, k := range w.Beam {
			w.Beam[i] = walk.NewKey(w.Code.Distance(k.Distance()), k.ID())
		}
	}
}

// spread returns a function that reports whether no chosen node is nearer to c than the base is.
func (g *Graph) spread(w *rows.Scratch) func(c key, chosen []key) bool {
	w.Vectors = w.Vectors[:0]
	return func(c key, chosen []key) bool {
		if len(chosen) == 0 {
			return true
		}
		d := c.Distance()
		if g.Arena.Form != arena.Codes {
			x := g.Arena.Vector(c.ID())
			for len(w.Vectors) < len(chosen) { // one is added at a time
				w.Vectors = append(w.Vectors, g.Arena.Vector(chosen[len(w.Vectors)].ID()))
			}
			for _, t := range w.Vectors {
				if g.Distance(x, t) < d {
					return false
				}
			}
			return true
		}
		w.Others = w.Others[:0]
		for _, t := range chosen {
			w.Others = append(w.Others, t.ID())
		}
		for _, away := range g.between(w, c.ID(), w.Others) {
			if away < d {
				return false
			}
		}
		return true
	}
}

// between returns the distances of nodes from another, until the next call with w.
func (g *Graph) between(w *rows.Scratch, n id, nodes []id) []float32 {
	w.Apart = slices.Grow(w.Apart[:0], len(nodes))[:len(nodes)]
	x := g.Arena.Vector(n)
	if g.Arena.Form != arena.Codes {
		const ahead = 6
		for i, c := range nodes {
			if i+ahead < len(nodes) {
				g.Arena.Prefetch(nodes[i+ahead])
			}
			w.Apart[i] = g.Distance(x, g.Read(w, c))
		}
		return w.Apart
	}
	// The vectors are what their codes represent, and to decode each would take longer than all else.
	w.Base.Set(g.Arena.Space, x[:g.Arena.Space.Dim])
	w.Base.EncodeFor(g.Arena.Bits)
	t := g.Arena.Codes()
	t.Prefetch(&w.Base.Codes, walk.AsInt32(nodes))
	t.Distances(w.Apart, &w.Base.Codes, walk.AsInt32(nodes))
	for i, e := range w.Apart {
		w.Apart[i] = w.Base.Distance(e)
	}
	return w.Apart
}

// link adds n, at distance d, to the links of m.
func (g *Graph) link(w *rows.Scratch, m, n id, d float32, level int) {
	mu := g.lock(m)
	mu.Lock()
	defer mu.Unlock()
	g.linkLocked(w, m, n, d, level)
}

// linkLocked is link for a caller that holds m's lock. A link that stays never moves
// to another slot, so that a walk reading the list cannot miss it.
func (g *Graph) linkLocked(w *rows.Scratch, m, n id, d float32, level int) {
	slots := g.links(m, level)
	w.Coding = none
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
	w.Others = w.Others[:0]
	for i := range slots {
		w.Others = append(w.Others, load(&slots[i]))
	}
	w.Full = append(w.Full[:0], walk.NewKey(d, n))
	for i, away := range g.between(w, m, w.Others) {
		w.Full = append(w.Full, walk.NewKey(away, w.Others[i]))
	}
	g.choose(w, m, level, w.Full, 0)
}

// choose sets the links of m on a level to the most diverse of offers, which include
// the present links. If upTo is not 0, these stay, and become that many at most. The caller holds m's lock.
func (g *Graph) choose(w *rows.Scratch, m id, level int, offers []key, upTo int) {
	slots := g.links(m, level)
	w.Coding = none
	slices.Sort(offers)
	var must func(id) bool
	if level == 0 {
		up := g.parent(m)
		must = func(c id) bool { return c == up || g.parent(c) == m }
	}
	most := len(slots)
	if upTo > 0 {
		most = upTo
		must = func(c id) bool { // the present links include those of the tree
			for i := range slots {
				if load(&slots[i]) == c {
					return true
				}
			}
			return false
		}
	}
	w.Keep = walk.Diverse(w.Keep[:0], offers, most, must, g.spread(w))
	// Links that stay are removed from w.Keep; the rest goes into the free slots.
	for i := range slots {
		c := load(&slots[i])
		if c == none {
			continue
		}
		at := slices.IndexFunc(w.Keep, func(k key) bool { return k.ID() == c })
		if at >= 0 {
			w.Keep = slices.Delete(w.Keep, at, at+1)
		} else {
			put(&slots[i], none)
		}
	}
	for i, next := 0, 0; next < len(w.Keep); i++ {
		if load(&slots[i]) == none {
			g.setLink(w, m, level, i, w.Keep[next].ID())
			next++
		}
	}
}
