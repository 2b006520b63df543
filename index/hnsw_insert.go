package index

import "slices"

// insert links node n into the graph (Algorithm 1 of the paper). It looks for
// neighbours on all levels first and links from level 0 upwards: a node that
// can be met on one level is already complete on those below it, so no walk is
// ever stranded on a node half inserted.
func (g *graph) insert(w *scratch, n id) {
	v := g.node(n)
	level := int(v.level)
	start := g.entryPoint()
	if start == noEntry || level > start.level() {
		g.raise.Lock()
		defer g.raise.Unlock()
		start = g.entryPoint()
		if start == noEntry {
			g.entry.Store(int64(newEntry(n, level)))
			v.ready.Store(1)
			g.count.Add(1)
			return
		}
	}

	g.neighbors(w, n, start, level)
	shared := min(level, start.level())
	for l := 1; l <= shared; l++ {
		slots := g.links(n, l)
		for i, c := range w.chosen[l] {
			put(&slots[i], c.id())
		}
	}
	parent := g.attach(w, n)
	for l := 0; l <= shared; l++ {
		for _, c := range w.chosen[l] {
			if l > 0 || c.id() != parent {
				g.link(w, c.id(), n, c.distance(), l)
			}
		}
	}
	v.ready.Store(1)
	g.count.Add(1)
	if level > start.level() {
		g.entry.Store(int64(newEntry(n, level)))
	}
}

// neighbors leaves in w.chosen[l], for each level l that n shares with the
// graph, the neighbours n is to have there, nearest first.
func (g *graph) neighbors(w *scratch, n id, start entryPoint, level int) {
	q := g.arena.vector(n)
	g.encode(w, q)
	at, d := g.descend(w, q, start, level)
	w.starts = append(w.starts[:0], newKey(d, at))
	for len(w.chosen) <= level {
		w.chosen = append(w.chosen, nil)
	}
	for l := min(level, start.level()); l >= 0; l-- {
		w.begin(int(g.reserved.Load()))
		for _, c := range w.starts {
			w.enter(c)
		}
		g.walk(w, q, g.options.EfConstruction, l)
		w.starts = append(w.starts[:0], w.beam...)
		g.measure(w.beam, q)
		w.sorted = append(w.sorted[:0], w.beam...)
		slices.Sort(w.sorted)
		w.chosen[l] = g.diverse(w.chosen[l][:0], w.sorted, g.options.M, nil)
	}
}

// diverse appends to dst the at most m of candidates, which come nearest first,
// that lie in different directions (Algorithm 4): a candidate is dropped when
// it is nearer to one already taken than to the base that all distances are
// from, because the walk reaches it through that one. Those that must stay are
// taken whatever they are, and have room kept for them.
func (g *graph) diverse(dst, candidates []key, m int, must func(id) bool) []key {
	if len(candidates) <= m {
		return append(dst, candidates...)
	}
	held := 0
	if must != nil {
		for _, c := range candidates {
			if must(c.id()) {
				held++
			}
		}
	}
	for _, c := range candidates {
		if len(dst) == m {
			break
		}
		if must != nil && must(c.id()) {
			dst = append(dst, c)
			held--
			continue
		}
		if len(dst)+held < m && g.spread(c, dst) {
			dst = append(dst, c)
		}
	}
	return dst
}

// spread says that no node taken is nearer to c than the base is.
func (g *graph) spread(c key, taken []key) bool {
	d, x := c.distance(), g.arena.vector(c.id())
	for _, t := range taken {
		if g.distance(x, g.arena.vector(t.id())) < d {
			return false
		}
	}
	return true
}

// attach makes n visible: it writes n's links on level 0 and gives it a parent,
// with a link each way that no pruning may remove. These links form a tree
// over all nodes, so from any node a path leads to any other, whatever becomes
// of the rest. The parent is the nearest chosen neighbour with room for a child
// (M is the most, half of the slots), else one found going down the tree from
// them; a leaf has room, so there always is one.
func (g *graph) attach(w *scratch, n id) id {
	chosen := w.chosen[0]
	w.queue = w.queue[:0]
	for _, c := range chosen {
		w.queue = append(w.queue, c.id())
	}
	for i := 0; ; i++ {
		p := w.queue[i]
		if g.adopt(w, p, n, chosen) {
			return p
		}
	}
}

// adopt makes p the parent of n, or appends p's children to the queue when it
// has no room.
func (g *graph) adopt(w *scratch, p, n id, chosen []key) bool {
	mu := g.lock(p)
	mu.Lock()
	defer mu.Unlock()
	v := g.node(p)
	if int(v.children) >= g.options.M {
		for i, slots := 0, g.links(p, 0); i < len(slots); i++ {
			if c := load(&slots[i]); c != none && g.node(c).parent == p {
				w.queue = append(w.queue, c)
			}
		}
		return false
	}
	v.children++
	g.node(n).parent = p
	slots := g.links(n, 0)
	linked := false
	for i, c := range chosen {
		put(&slots[i], c.id())
		linked = linked || c.id() == p
	}
	if !linked {
		put(&slots[len(chosen)], p) // there are 2M slots and M are chosen
	}
	g.linkLocked(w, p, n, g.distance(g.arena.vector(p), g.arena.vector(n)), 0)
	return true
}

// link adds n, at distance d, to the links of m.
func (g *graph) link(w *scratch, m, n id, d float32, level int) {
	mu := g.lock(m)
	mu.Lock()
	defer mu.Unlock()
	g.linkLocked(w, m, n, d, level)
}

// linkLocked is link under m's lock. A link that stays never moves to another
// slot, so that a walk reading the list cannot miss it.
func (g *graph) linkLocked(w *scratch, m, n id, d float32, level int) {
	slots := g.links(m, level)
	for i := range slots {
		if load(&slots[i]) == none {
			put(&slots[i], n)
			return
		}
	}
	x := g.arena.vector(m)
	w.full = append(w.full[:0], newKey(d, n))
	for i := range slots {
		c := load(&slots[i])
		w.full = append(w.full, newKey(g.distance(x, g.arena.vector(c)), c))
	}
	slices.Sort(w.full)
	var must func(id) bool
	if level == 0 {
		up := g.node(m).parent
		must = func(c id) bool { return c == up || g.node(c).parent == m }
	}
	w.keep = g.diverse(w.keep[:0], w.full, len(slots), must)
	kept := func(n id) bool {
		return slices.ContainsFunc(w.keep, func(k key) bool { return k.id() == n })
	}
	add := kept(n)
	for i := range slots {
		if kept(load(&slots[i])) {
			continue
		}
		if add {
			put(&slots[i], n)
			add = false
		} else {
			put(&slots[i], none)
		}
	}
}
