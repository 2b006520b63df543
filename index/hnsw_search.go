package index

import (
	"context"
	"math"

	"github.com/luminavec/luminavec/internal/kernel"
)

func (g *graph) Search(query []float32, k int, o SearchOptions) ([]Result, error) {
	return g.search(query, k, o, g.find)
}

func (g *graph) SearchInto(dst []Result, query []float32, k int, o SearchOptions) ([]Result, error) {
	return g.searchInto(dst, query, k, o, g.find)
}

func (g *graph) SearchBatch(ctx context.Context, queries []float32, k int, o SearchOptions) ([][]Result, error) {
	return g.searchBatch(ctx, queries, k, o, g.find)
}

func (g *graph) SearchRange(query []float32, threshold float32, o SearchOptions) ([]Result, error) {
	return g.searchRange(query, threshold, o, g.findRange)
}

// find leaves the r.k best hits for w.query in w.top.
func (g *graph) find(w *scratch, r request) {
	if !r.allow.all() { // labels are looked at all along
		g.shown.RLock()
		defer g.shown.RUnlock()
	}
	if g.wantsScan(w, r) || !g.explore(w, r) || len(w.top.hits) < r.k {
		g.scanShown(w, r)
	}
}

// findRange leaves all hits within the threshold in w.top, if the walk meets
// them: its beam grows until it reaches past the threshold.
func (g *graph) findRange(w *scratch, r request) {
	if !r.allow.all() {
		g.shown.RLock()
		defer g.shown.RUnlock()
	}
	r.k = 0 // however few there are, it is enough
	for ; ; r.ef = min(4*r.ef, MaxEf) {
		if g.wantsScan(w, r) || !g.explore(w, r) {
			g.scanShown(w, r)
			return
		}
		past := len(w.beam) < r.ef || r.ef == MaxEf // all that can be met
		for _, c := range w.beam {
			past = past || !g.options.Metric.reaches(g.options.Metric.score(c.distance()), *r.within)
		}
		if past {
			return
		}
	}
}

// walkCost is about how many vectors a walk compares for each place of its beam.
const walkCost = 12

// wantsScan says that looking at all vectors is not dearer than a walk, and exact.
func (g *graph) wantsScan(w *scratch, r request) bool {
	// A beam as wide as the index sees everything; a zero query ties with
	// everything.
	n := g.Len()
	if r.ef >= n || g.options.Metric == Cosine && zero(w.query) {
		return true
	}
	if r.allow.set == nil {
		return false
	}
	// A walk that may return one node in s has a beam s times as wide.
	few := float64(r.allow.set.GetCardinality())
	return few*few < walkCost*float64(r.ef)*float64(n)
}

// explore walks the graph and leaves the hits it meets in w.top; w.beam has
// their nodes. It gives up, false, when the walk is dearer than looking at all
// vectors.
func (g *graph) explore(w *scratch, r request) bool {
	moves := g.moves.count.Load()
	start := g.entryPoint()
	if start == noEntry {
		return false
	}
	w.counts = 0
	g.encode(w, w.query)
	at, d := g.descend(w, w.query, start, 0)
	n := int(g.reserved.Load())
	w.begin(n)
	if g.unchecked.Load() {
		w.seen.confine(n)
	}
	w.wants, w.allow = everything, r.allow
	limit := int64(math.MaxInt64)
	switch {
	case !r.allow.all():
		w.wants = whatIsAllowed
		all := g.Len() / 16 // to ask about 16 labels costs the scan about as much as a node the walk
		if r.allow.set != nil {
			all = min(all, int(r.allow.set.GetCardinality()))
		}
		limit = w.counts + int64(max(32*r.ef, all))
	case g.deleted.Load() > 0:
		w.wants = whatStays
	}
	g.enter(w, newKey(d, at))
	done := true
	if w.wants == everything {
		g.walk(w, w.query, r.ef, 0)
	} else {
		done = g.walkWanted(w, w.query, r.ef, 0, limit)
	}
	w.allow = allow{}
	g.distances.Add(w.counts)
	if done {
		for len(w.beam) > r.rerank {
			w.beam.pop()
		}
		g.measure(w.beam, w.query)
		done = g.gather(w, r, moves)
	}
	return done
}

// scanShown is scan for who holds shown only when labels are restricted.
func (g *graph) scanShown(w *scratch, r request) {
	if r.allow.all() {
		g.shown.RLock()
		defer g.shown.RUnlock()
	}
	g.scan(w, r)
}

func zero(query []float32) bool {
	for _, v := range query {
		if v != 0 {
			return false
		}
	}
	return true
}

// gather offers the nodes of the beam, with their copies, to w.top, and what has
// moved since there were so many moves.
func (g *graph) gather(w *scratch, r request, moves uint64) bool {
	if r.allow.all() {
		g.shown.RLock()
		defer g.shown.RUnlock()
	}
	w.top.reset(w.top.k)
	for _, c := range w.beam {
		d := c.distance()
		if len(w.top.hits) == w.top.k && d > w.top.hits[0].distance {
			continue // before its copies and label are looked up
		}
		for n := c.id(); n != none; n = load(&g.node(n).next) {
			if !g.shows(n) {
				continue
			}
			if label := g.label(n); r.allow.all() || r.allow.label(label) {
				g.offer(w, r, hit{d, label})
			}
		}
	}
	return g.gatherMoved(w, r, moves)
}

// wanted says which of the nodes that a walk passes through its beam is for.
type wanted uint8

const (
	everything         wanted = iota
	whatStays                 // what is not deleted
	whatIsNotCondemned        // what no round is removing
	whatIsAllowed             // what shows, or a copy of which shows, and may be returned
)

// want says that the beam of w is for n too.
func (g *graph) want(w *scratch, n id) bool {
	switch w.wants {
	case whatStays:
		return !g.is(n, dead)
	case whatIsNotCondemned:
		return !g.is(n, condemned)
	case whatIsAllowed:
		for ; n != none; n = load(&g.node(n).next) {
			if g.shows(n) && w.allow.label(g.label(n)) {
				return true
			}
		}
		return false
	}
	return true
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
func (g *graph) enter(w *scratch, c key) {
	w.seen.add(c.id())
	w.near.push(^c)
	if g.want(w, c.id()) {
		w.beam.push(c)
	}
}

// expect has the links fetched of the node that is next to be expanded, as far
// as is known.
func (g *graph) expect(near keyHeap, level int) {
	if level == 0 && len(near) > 0 {
		kernel.Prefetch(g.arena.records.row(int((^near[0]).id()))[:g.arena.head])
	}
}

// goesOn says that there is a node to be expanded that may lead to a better beam.
func (w *scratch) goesOn(ef int) bool {
	return len(w.near) > 0 && (len(w.beam) < ef || ^w.near[0] <= w.beam[0])
}

// walk is the search of one level (Algorithm 2): the nearest node not yet
// expanded is, until it is farther than the worst of the ef best. They are left
// in w.beam. Two nodes are expanded at a time: the second, as a rule, would be the
// next, and their neighbours come from memory together.
func (g *graph) walk(w *scratch, q []float32, ef, level int) {
	for len(w.beam) > ef {
		w.beam.pop()
	}
	for w.goesOn(ef) {
		w.fresh = w.fresh[:0]
		for n := 0; n < 2 && w.goesOn(ef); n++ {
			c := ^w.near.pop()
			w.fresh = w.seen.appendNew(w.fresh, g.links(c.id(), level))
		}
		g.expect(w.near, level)
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

// walkWanted is walk with a beam of wanted nodes only. It gives up, false, when
// it has compared limit nodes: comparing all wanted ones is then no dearer.
func (g *graph) walkWanted(w *scratch, q []float32, ef, level int, limit int64) bool {
	for len(w.beam) > ef {
		w.beam.pop()
	}
	for len(w.near) > 0 {
		c := ^w.near.pop()
		if len(w.beam) == ef && c > w.beam[0] {
			return true
		}
		g.expect(w.near, level)
		if w.counts > limit {
			return false
		}
		w.fresh = w.seen.appendNew(w.fresh[:0], g.links(c.id(), level))
		g.compare(w, q)
		for i, n := range w.fresh {
			k := newKey(w.away[i], n)
			if len(w.beam) == ef && k > w.beam[0] {
				continue
			}
			w.near.push(^k)
			if w.near[0] == ^k {
				g.expect(w.near, level)
			}
			if !g.want(w, n) {
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
