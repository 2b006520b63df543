package index

import (
	"unsafe"

	"github.com/luminavec/luminavec/internal/kernel"
)

func (g *graph) Search(query []float32, k int, o SearchOptions) ([]Result, error) {
	w := g.scratch.get()
	defer g.scratch.put(w)
	k, ef, err := g.ask(w, query, k, o)
	if err != nil {
		return nil, err
	}
	g.search(w, k, ef, o.Filter)
	return w.top.results(g.options.Metric), nil
}

// search leaves the k best hits for w.query in w.top.
func (g *graph) search(w *scratch, k, ef int, filter func(int64) bool) {
	ready := func(n id) bool { return g.node(n).ready.Load() == 1 }
	// A beam as wide as the index sees everything; a zero query ties with
	// everything. Both are cheaper, and exact, without the graph.
	start := g.entryPoint()
	if start == noEntry || ef >= g.Len() || g.options.Metric == Cosine && zero(w.query) {
		g.scan(w, k, filter, ready)
		return
	}
	w.counts = 0
	g.encode(w, w.query)
	at, d := g.descend(w, w.query, start, 0)
	w.begin(int(g.reserved.Load()))
	done := true
	if filter == nil {
		w.enter(newKey(d, at))
		g.walk(w, w.query, ef, 0)
	} else {
		done = g.walkFiltered(w, newKey(d, at), ef, filter)
	}
	g.distances.Add(w.counts)
	if done {
		g.measure(w.beam, w.query)
		g.gather(w, k, filter)
	}
	if !done || len(w.top.hits) < k {
		g.scan(w, k, filter, ready)
	}
}

func zero(query []float32) bool {
	for _, v := range query {
		if v != 0 {
			return false
		}
	}
	return true
}

// gather offers the nodes of the beam, with their copies, to w.top.
func (g *graph) gather(w *scratch, k int, filter func(int64) bool) {
	w.top.reset(k)
	for _, c := range w.beam {
		d := c.distance()
		if len(w.top.hits) == k && d > w.top.hits[0].distance {
			continue // before its copies and label are looked up
		}
		for n := c.id(); n != none; n = load(&g.node(n).next) {
			if label := g.label(n); filter == nil || filter(label) {
				w.top.offer(hit{d, label})
			}
		}
	}
}

// allowed says that the filter allows n or a copy of it.
func (g *graph) allowed(n id, filter func(int64) bool) bool {
	for ; n != none; n = load(&g.node(n).next) {
		if filter(g.label(n)) {
			return true
		}
	}
	return false
}

// descend goes from the entry point down to level, exclusive, on each level
// to the node that has no neighbour nearer to q. It returns the last and its
// distance.
func (g *graph) descend(w *scratch, q []float32, start entryPoint, level int) (id, float32) {
	at := start.id()
	w.fresh = append(w.fresh[:0], at)
	g.compare(w, q)
	d := w.away[0]
	for l := start.level(); l > level; l-- {
		for moved := true; moved; {
			moved = false
			w.fresh = w.fresh[:0]
			slots := g.links(at, l)
			for i := range slots {
				if c := load(&slots[i]); c != none {
					w.fresh = append(w.fresh, c)
				}
			}
			g.compare(w, q)
			for i, c := range w.fresh {
				if w.away[i] < d {
					at, d, moved = c, w.away[i], true
				}
			}
		}
	}
	return at, d
}

// begin empties the walk's sets, with room for n nodes.
func (w *scratch) begin(n int) {
	w.seen.start(n)
	w.near, w.beam = w.near[:0], w.beam[:0]
}

// enter puts a node that the walk starts from into the sets.
func (w *scratch) enter(c key) {
	w.seen.add(c.id())
	w.near.push(^c)
	w.beam.push(c)
}

// expect has the links fetched of the node that is next to be expanded, as far
// as is known.
func (g *graph) expect(near keyHeap, level int) {
	if level == 0 && len(near) > 0 {
		kernel.Prefetch(g.arena.records.row(int((^near[0]).id()))[:g.arena.head])
	}
}

// walk is the search of one level (Algorithm 2): the nearest node not yet
// expanded is, until it is farther than the worst of the ef best. They are left
// in w.beam.
func (g *graph) walk(w *scratch, q []float32, ef, level int) {
	for len(w.beam) > ef {
		w.beam.pop()
	}
	for len(w.near) > 0 {
		c := ^w.near.pop()
		if len(w.beam) == ef && c > w.beam[0] {
			return
		}
		g.expect(w.near, level)
		w.fresh = w.seen.addNew(w.fresh, g.links(c.id(), level))
		g.compare(w, q)
		for i, n := range w.fresh {
			k := newKey(w.away[i], n)
			if len(w.beam) < ef {
				w.beam.push(k)
			} else if k < w.beam[0] {
				w.beam.replace(k)
			} else {
				continue
			}
			w.near.push(^k)
			if w.near[0] == ^k {
				g.expect(w.near, level)
			}
		}
	}
}

// walkFiltered is walk on level 0 with a beam of allowed nodes only. It gives
// up, false, when it has compared so many nodes that comparing all allowed ones
// would have been no dearer.
func (g *graph) walkFiltered(w *scratch, start key, ef int, filter func(int64) bool) bool {
	// Random access to a node costs the walk about as much as the scan pays for
	// asking the filter about 16 labels.
	limit := w.counts + int64(max(32*ef, g.Len()/16))
	w.seen.add(start.id())
	w.near.push(^start)
	if g.allowed(start.id(), filter) {
		w.beam.push(start)
	}
	for len(w.near) > 0 {
		c := ^w.near.pop()
		if len(w.beam) == ef && c > w.beam[0] {
			return true
		}
		g.expect(w.near, 0)
		if w.counts > limit {
			return false
		}
		w.fresh = w.seen.addNew(w.fresh, g.links(c.id(), 0))
		g.compare(w, w.query)
		for i, n := range w.fresh {
			k := newKey(w.away[i], n)
			if len(w.beam) == ef && k > w.beam[0] {
				continue
			}
			w.near.push(^k)
			if w.near[0] == ^k {
				g.expect(w.near, 0)
			}
			if !g.allowed(n, filter) {
				continue
			}
			if len(w.beam) < ef {
				w.beam.push(k)
			} else {
				w.beam.replace(k)
			}
		}
	}
	return true
}

// encode makes q, with its padding, the query of a walk over codes.
func (g *graph) encode(w *scratch, q []float32) {
	if g.arena.coded {
		w.code.Encode(q[:g.options.Dim])
	}
}

// compare leaves in w.away the distances of q to w.fresh, as the walk sees
// them: those of the codes, where there are codes, and w.code is q.
func (g *graph) compare(w *scratch, q []float32) {
	w.counts += int64(len(w.fresh))
	if cap(w.away) < len(w.fresh) {
		w.away = make([]float32, cap(w.fresh))
	}
	w.away = w.away[:len(w.fresh)]
	if g.arena.coded {
		t := g.arena.codes()
		t.Distances(w.away, &w.code, asInt32(w.fresh))
		return
	}
	for _, n := range w.fresh {
		kernel.Prefetch(g.arena.vector(n))
	}
	for i, n := range w.fresh {
		w.away[i] = g.distance(q, g.arena.vector(n))
	}
}

// measure puts the distances of the vectors in the place of those of the codes.
func (g *graph) measure(keys []key, q []float32) {
	if !g.arena.coded {
		return
	}
	const ahead = 8
	for i, k := range keys {
		if i+ahead < len(keys) {
			kernel.Prefetch(g.arena.vector(keys[i+ahead].id()))
		}
		keys[i] = newKey(g.distance(q, g.arena.vector(k.id())), k.id())
	}
}

func asInt32(ids []id) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(ids))), len(ids))
}
