package index

import (
	"context"
	"math"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/walk"
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

// find collects the r.k best hits for w.query in w.top.
func (g *graph) find(w *scratch, r request) {
	if !r.allow.all() { // labels are read during the whole search
		g.shown.RLock()
		defer g.shown.RUnlock()
	}
	if g.wantsScan(w, r) || !g.explore(w, r) || len(w.top.Hits) < r.k {
		g.scanShown(w, r)
	}
}

// findRange collects all hits within the threshold that the walk meets, in w.top. It
// widens the beam until it reaches beyond the threshold.
func (g *graph) findRange(w *scratch, r request) {
	if !r.allow.all() {
		g.shown.RLock()
		defer g.shown.RUnlock()
	}
	r.k = 0 // any number of results is enough
	for ; ; r.ef = min(4*r.ef, MaxEf) {
		if g.wantsScan(w, r) || !g.explore(w, r) {
			g.scanShown(w, r)
			return
		}
		past := len(w.beam) < r.ef || r.ef == MaxEf // nothing more can be met
		for _, c := range w.beam {
			past = past || !g.within(c.Distance(), *r.within)
		}
		if past {
			return
		}
	}
}

// walkCost is approximately the number of vectors a walk compares per unit of beam width.
const walkCost = 12

// wantsScan reports whether comparing all vectors is as cheap as a walk; it is exact.
func (g *graph) wantsScan(w *scratch, r request) bool {
	// A beam as wide as the index sees everything; a query without a direction ties
	// with everything.
	n := g.Len()
	if r.ef >= n || g.directionless(w.query) {
		return true
	}
	if r.allow.set == nil {
		return false
	}
	// If one node in s may be returned, the beam has to be s times as wide.
	few := float64(r.allow.set.GetCardinality())
	return few*few < walkCost*float64(r.ef)*float64(n)
}

// explore walks the graph and collects the hits it meets in w.top and their nodes in
// w.beam. It reports false if the walk becomes more expensive than comparing all
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
		w.seen.Confine(n)
	}
	w.wants, w.allow = wantAll, r.allow
	w.widen = 0
	if r.widen {
		w.widen = r.k
	}
	limit := int64(math.MaxInt64)
	switch {
	case !r.allow.all():
		w.wants = wantAllowed
		if r.widen { // it was measured with a beam that grows, which this one does not
			r.ef = min(2*r.ef, MaxEf)
		}
		all := g.Len() / 16 // checking 16 labels costs a scan about as much as a node costs a walk
		if r.allow.set != nil {
			all = min(all, int(r.allow.set.GetCardinality()))
		}
		limit = w.counts + int64(max(32*r.ef, all))
	case g.deleted.Load() > 0:
		w.wants = wantUndeleted
	}
	g.enter(w, walk.NewKey(d, at))
	done := true
	if w.wants == wantAll {
		g.walk(w, w.query, r.ef, 0)
	} else {
		done = g.walkWanted(w, w.query, r.ef, 0, limit)
	}
	w.allow, w.widen = allow{}, 0
	g.distances.Add(w.counts)
	if done {
		if (g.arena.Edges != nil || g.arena.Form == arena.Codes) && r.k > 0 {
			r.rerank = min(r.rerank, 2*r.k+8)
		}
		for len(w.beam) > r.rerank {
			w.beam.Pop()
		}
		g.narrow(w, r.k)
		g.measure(w, w.beam, w.query)
		done = g.gather(w, r, moves)
	}
	return done
}

// scanShown is scan for a caller that holds shown only if labels are restricted.
func (g *graph) scanShown(w *scratch, r request) {
	if r.allow.all() {
		g.shown.RLock()
		defer g.shown.RUnlock()
	}
	g.scan(w, r)
}

// gather offers to w.top the nodes of the beam, with their copies, and the labels that
// were moved by updates after the first since ones. It reports false if those are no
// longer known.
func (g *graph) gather(w *scratch, r request, since uint64) bool {
	if r.allow.all() {
		g.shown.RLock()
		defer g.shown.RUnlock()
	}
	w.top.Reset(w.top.K)
	for _, c := range w.beam {
		d := c.Distance()
		if len(w.top.Hits) == w.top.K && d > w.top.Hits[0].Distance {
			continue // before looking up its copies and label
		}
		for n := c.ID(); n != none; n = load(&g.node(n).next) {
			if !g.visible(n) {
				continue
			}
			if label := g.label(n); r.allow.all() || r.allow.label(label) {
				g.offer(w, r, hit{Distance: d, Label: label})
			}
		}
	}
	return g.gatherMoved(w, r, since)
}

// wanted selects which of the nodes that a walk visits go into its beam.
type wanted uint8

const (
	wantAll         wanted = iota
	wantUndeleted          // nodes that are not deleted
	wantUncondemned        // nodes that no cleanup is removing
	wantAllowed            // nodes that may be returned, or have a copy that may
)

// want reports whether n goes into the beam of w.
func (g *graph) want(w *scratch, n id) bool {
	switch w.wants {
	case wantUndeleted:
		return !g.is(n, dead)
	case wantUncondemned:
		return !g.is(n, condemned)
	case wantAllowed:
		for ; n != none; n = load(&g.node(n).next) {
			if g.visible(n) && w.allow.label(g.label(n)) {
				return true
			}
		}
		return false
	}
	return true
}

// descend walks from the entry point down to level, exclusive. On each level it moves
// to the nearest neighbor until none is nearer to q. It returns the last node and its
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

// begin empties the sets of a walk and makes room for n nodes.
func (w *scratch) begin(n int) {
	w.seen.Start(n)
	w.near, w.beam = w.near[:0], w.beam[:0]
}

// enter adds a node that the walk starts from.
func (g *graph) enter(w *scratch, c key) {
	w.seen.Add(c.ID())
	w.near.Push(^c)
	if g.want(w, c.ID()) {
		w.beam.Push(c)
	}
}

// prefetchNext prefetches the links of the node that will probably be expanded next.
func (g *graph) prefetchNext(near walk.Heap, level int) {
	if level == 0 && len(near) > 0 {
		kernel.Prefetch(g.arena.Records.Row(int((^near[0]).ID()))[:g.arena.Head])
	}
}

// more reports whether there is a node to expand that may improve the beam.
func (w *scratch) more(ef int) bool {
	return len(w.near) > 0 && (len(w.beam) < ef || ^w.near[0] <= w.beam[0])
}

// walk searches one level (Algorithm 2): it expands the nearest node not yet expanded
// until that is farther than the worst of the ef best, which remain in w.beam. It
// expands two nodes at a time: the second usually is the next one anyway, and their
// neighbors are fetched from memory together.
func (g *graph) walk(w *scratch, q []float32, ef, level int) {
	if level == 0 && g.arena.Edges != nil {
		g.walkEdges(w, ef)
		return
	}
	for len(w.beam) > ef {
		w.beam.Pop()
	}
	w.begunBest()
	for steps := 0; w.more(ef); {
		w.fresh = w.fresh[:0]
		for n := 0; n < 2 && w.more(ef); n++ {
			c := ^w.near.Pop()
			w.fresh = w.seen.AppendNew(w.fresh, g.links(c.ID(), level))
			steps++
		}
		g.prefetchNext(w.near, level)
		g.compare(w, q)
		for i, n := range w.fresh {
			k := walk.NewKey(w.away[i], n)
			if w.widen > 0 && w.better(k) {
				ef = max(ef, min(2*steps, MaxEf))
			}
			if len(w.beam) < ef {
				w.beam.Push(k)
			} else if k < w.beam[0] {
				w.beam.Replace(k)
			} else {
				continue
			}
			w.near.Push(^k)
			if w.near[0] == ^k {
				g.prefetchNext(w.near, level)
			}
		}
	}
}

// walkWanted is walk with a beam of wanted nodes only. It reports false when it has
// compared limit nodes: comparing all wanted ones is then no more expensive.
func (g *graph) walkWanted(w *scratch, q []float32, ef, level int, limit int64) bool {
	if level == 0 && g.arena.Edges != nil {
		if w.wants == wantAllowed {
			return g.walkEdgesWanted(w, ef, limit)
		}
		g.walkEdges(w, ef)
		return true
	}
	for len(w.beam) > ef {
		w.beam.Pop()
	}
	w.begunBest()
	for steps := 1; len(w.near) > 0; steps++ {
		c := ^w.near.Pop()
		if len(w.beam) >= ef && c > w.beam[0] {
			return true
		}
		g.prefetchNext(w.near, level)
		if w.counts > limit {
			return false
		}
		w.fresh = w.seen.AppendNew(w.fresh[:0], g.links(c.ID(), level))
		g.compare(w, q)
		for i, n := range w.fresh {
			k := walk.NewKey(w.away[i], n)
			if len(w.beam) >= ef && k > w.beam[0] {
				continue
			}
			w.near.Push(^k)
			if w.near[0] == ^k {
				g.prefetchNext(w.near, level)
			}
			if !g.want(w, n) {
				continue
			}
			if w.widen > 0 && w.wants == wantUndeleted && w.better(k) {
				ef = max(ef, min(2*steps, MaxEf))
			}
			if len(w.beam) < ef {
				w.beam.Push(k)
			} else {
				w.beam.Replace(k)
			}
		}
	}
	return true
}
