package index

import (
	"context"
	"slices"

	"github.com/luminavec/luminavec/index/internal/hashing"
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
		// A width was chosen for all vectors, or measured with a beam that grows, which this one does not; among
		// those near to the query, a walk misses more.
		r.ef = min(5*r.ef/2, MaxEf)
	}
	if g.wantsScan(w, &r) || !g.explore(w, r) || len(w.Top.Hits) < r.k {
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
	r.k, r.slack = 0, 0 // any number of results is enough
	for ; ; r.ef = min(4*r.ef, MaxEf) {
		if g.wantsScan(w, &r) || !g.explore(w, r) {
			g.scanShown(w, r)
			return
		}
		past := w.Ended || r.ef == MaxEf // nothing more can be met
		for _, c := range w.Beam {
			past = past || !g.within(c.Distance(), *r.within)
		}
		if past {
			return
		}
	}
}

// What a scan costs, in vectors that a walk compares.
const (
	checkCost  = 0.07 // asking a filter about a label in passing
	setCost    = 0.15 // asking a set
	lookupCost = 1    // finding a label of a set
	codeCost   = 0.3  // comparing a code in a scan
	vectorCost = 0.75 // comparing a vector in a scan
)

// filterSample is the number of labels of which a filter is asked how many it allows, in runs of sampleRun.
const filterSample, sampleRun = 64, 4

// wantsScan reports whether comparing all vectors is as cheap as a walk; it is exact. Otherwise it sets
// r.scan if labels are restricted.
func (g *graph) wantsScan(w *scratch, r *request) bool {
	// A beam as wide as the index sees everything; a query without a direction ties
	// with everything.
	n := float64(g.Len())
	if r.ef >= g.Len() || g.directionless(w.Query) {
		return true
	}
	if r.allow.All() {
		return false
	}
	few, each := g.allowed(*r), vectorCost
	if g.Arena.Coded {
		each = codeCost
	}
	r.scan = checkCost*n + each*few
	if r.allow.Set != nil {
		r.scan = setCost*n + each*few
	}
	if g.allowsFew(*r) {
		r.scan = (lookupCost + each) * few
	}
	// If one node in s may be returned, the beam has to be s times as wide.
	walk := float64(r.ef) * n / max(few, 1)
	if g.Arena.Edges != nil {
		walk *= hnsw.ExpandCost
	} else {
		walk *= hnsw.WalkCost
	}
	return r.scan <= 1.25*walk // which is less certain
}

// allowed estimates how many vectors may be returned.
func (g *graph) allowed(r request) float64 {
	n := float64(g.Len())
	if r.allow.Filter == nil {
		return min(n, float64(r.allow.Set.GetCardinality()))
	}
	total, hits := uint64(g.Reserved.Load()), 0
	for i := range uint64(filterSample) { // in short runs, which are read faster than as many places
		at := id((hashing.Mix(g.options.Seed+i/sampleRun) + i%sampleRun) % total)
		if g.Visible(at) && r.allow.Label(g.Label(at)) {
			hits++
		}
	}
	return n * (float64(hits) + 0.5) / filterSample
}

// explore walks the graph and collects the hits it meets in w.Top and their nodes in
// w.Beam. It reports false if the walk becomes more expensive than comparing all
// vectors.
func (g *graph) explore(w *scratch, r request) bool {
	moves := g.moves.count.Load()
	done := g.net.Explore(w, hnsw.Question{K: r.k, Ef: r.ef, Rerank: r.rerank, Allow: r.allow, Widen: r.widen, Slack: r.slack, Least: r.least, Scan: r.scan})
	g.distances.Add(w.Counts)
	return done && g.gather(w, r, moves)
}

// scanShown is scan for a caller that holds Shown only if labels are restricted.
func (g *graph) scanShown(w *scratch, r request) {
	if r.allow.All() {
		g.Shown.RLock()
		defer g.Shown.RUnlock()
	}
	if g.Arena.Coded && !g.directionless(w.Query) {
		g.scanCodes(w, r)
	} else {
		g.scan(w, r)
	}
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
