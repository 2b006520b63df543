package index

import (
	"slices"

	"github.com/luminavec/luminavec/index/internal/walk"
)

// encode makes q, with its padding, the query of a walk that compares codes.
func (g *graph) encode(w *scratch, q []float32) {
	if g.arena.Coded {
		w.code.Set(g.arena.Space, q[:g.options.Dim])
		w.code.EncodeFor(g.arena.Bits)
	}
	if g.arena.Edges != nil {
		g.arena.Edges.Ask(&w.edges, &w.code)
	}
}

// compare computes in w.away the distances from q to w.fresh as the walk sees them:
// by their codes if the index has codes; w.code must then be q.
func (g *graph) compare(w *scratch, q []float32) {
	w.counts += int64(len(w.fresh))
	if g.unchecked.Load() && g.blocks[0] != nil {
		g.touch(w.fresh)
	}
	if cap(w.away) < len(w.fresh) {
		w.away = make([]float32, cap(w.fresh))
	}
	w.away = w.away[:len(w.fresh)]
	if g.arena.Coded {
		t := g.arena.Codes()
		t.Distances(w.away, &w.code.Codes, walk.AsInt32(w.fresh))
		return
	}
	for _, n := range w.fresh {
		g.arena.Prefetch(n)
	}
	for i, n := range w.fresh {
		w.away[i] = g.distance(q, g.vector(w, n))
	}
}

// measure replaces the distances of codes by those of the vectors.
func (g *graph) measure(w *scratch, keys []key, q []float32) {
	if !g.arena.Coded {
		return
	}
	const ahead = 8
	for i, k := range keys {
		if i+ahead < len(keys) {
			g.arena.Prefetch(keys[i+ahead].ID())
		}
		g.touchVectors(int(k.ID()), 1)
		keys[i] = walk.NewKey(g.distance(q, g.vector(w, k.ID())), k.ID())
	}
}

// narrow removes from the beam what cannot be among the k nearest, according to the bounds on the errors of
// codes: their vectors need not be read. It leaves a few more, of which some may be deleted meanwhile.
func (g *graph) narrow(w *scratch, k int) {
	const spare = 2
	if !g.arena.Coded || k <= 0 || len(w.beam) <= k+spare {
		return
	}
	slack := w.code.Slack(g.arena.Bits)
	w.keep, w.full = w.keep[:0], w.full[:0]
	for _, c := range w.beam {
		d := w.code.Spread(g.arena.Bound(c.ID()) * slack)
		w.keep = append(w.keep, walk.NewKey(c.Distance()-d, c.ID()))
		w.full = append(w.full, walk.NewKey(c.Distance()+d, c.ID()))
	}
	slices.Sort(w.full)
	most := w.full[k-1].Distance()
	slices.Sort(w.keep)
	n := k + spare
	for n < len(w.keep) && w.keep[n].Distance() <= most {
		n++
	}
	w.beam = append(w.beam[:0], w.keep[:n]...)
}
