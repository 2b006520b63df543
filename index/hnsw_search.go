package index

import (
	"context"
	"slices"

	"github.com/luminavec/luminavec/index/internal/hnsw"
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

// find collects the r.k best hits for w.Query in w.Top.
func (g *graph) find(w *scratch, r request) {
	if !r.allow.All() { // labels are read during the whole search
		g.Shown.RLock()
		defer g.Shown.RUnlock()
	}
	if g.wantsScan(w, r) || !g.explore(w, r) || len(w.Top.Hits) < r.k {
		g.scanShown(w, r)
	}
}

// findRange collects all hits within the threshold that the walk meets, in w.Top. It
// widens the beam until it reaches beyond the threshold.
func (g *graph) findRange(w *scratch, r request) {
	if !r.allow.All() {
		g.Shown.RLock()
		defer g.Shown.RUnlock()
	}
	r.k = 0 // any number of results is enough
	for ; ; r.ef = min(4*r.ef, MaxEf) {
		if g.wantsScan(w, r) || !g.explore(w, r) {
			g.scanShown(w, r)
			return
		}
		past := len(w.Beam) < r.ef || r.ef == MaxEf // nothing more can be met
		for _, c := range w.Beam {
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
	if r.ef >= n || g.directionless(w.Query) {
		return true
	}
	if r.allow.Set == nil {
		return false
	}
	// If one node in s may be returned, the beam has to be s times as wide.
	few := float64(r.allow.Set.GetCardinality())
	return few*few < walkCost*float64(r.ef)*float64(n)
}

// explore walks the graph and collects the hits it meets in w.Top and their nodes in
// w.Beam. It reports false if the walk becomes more expensive than comparing all
// vectors.
func (g *graph) explore(w *scratch, r request) bool {
	moves := g.moves.count.Load()
	done := g.net.Explore(w, hnsw.Question{K: r.k, Ef: r.ef, Rerank: r.rerank, Allow: r.allow, Widen: r.widen})
	g.distances.Add(w.Counts)
	return done && g.gather(w, r, moves)
}

// scanShown is scan for a caller that holds Shown only if labels are restricted.
func (g *graph) scanShown(w *scratch, r request) {
	if r.allow.All() {
		g.Shown.RLock()
		defer g.Shown.RUnlock()
	}
	g.scan(w, r)
}

// gather offers to w.Top the nodes of the beam, with their copies, and the labels that
// were moved by updates after the first since ones. It reports false if those are no
// longer known.
func (g *graph) gather(w *scratch, r request, since uint64) bool {
	if r.allow.All() {
		g.Shown.RLock()
		defer g.Shown.RUnlock()
	}
	w.Top.Reset(w.Top.K)
	slices.Sort(w.Beam)
	for _, c := range w.Beam {
		d := c.Distance()
		if len(w.Top.Hits) == w.Top.K && d > w.Top.Hits[0].Distance {
			break // before looking up its copies and label
		}
		for n := c.ID(); n != none; n = g.net.Next(n) {
			if !g.Visible(n) {
				continue
			}
			if label := g.Label(n); r.allow.All() || r.allow.Label(label) {
				g.offer(w, r, hit{Distance: d, Label: label})
			}
		}
	}
	return g.gatherMoved(w, r, since)
}
