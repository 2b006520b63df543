package hnsw

import (
	"slices"

	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/index/internal/walk"
)

// encode makes q, with its padding, the query of a walk that compares codes.
func (g *Graph) encode(w *rows.Scratch, q []float32) {
	if g.Arena.Coded {
		w.Code.Set(g.Arena.Space, q[:g.Arena.Space.Dim])
		w.Code.EncodeFor(g.Arena.Bits)
	}
	if g.Arena.Edges != nil {
		g.Arena.Edges.Ask(&w.Edges, &w.Code)
	}
}

// compare computes in w.Away the distances from q to w.Fresh as the walk sees them:
// by their codes if the index has codes; w.Code must then be q.
func (g *Graph) compare(w *rows.Scratch, q []float32) {
	w.Counts += int64(len(w.Fresh))
	if g.Unchecked.Load() && g.Blocks[0] != nil {
		g.Touch(w.Fresh)
	}
	if cap(w.Away) < len(w.Fresh) {
		w.Away = make([]float32, cap(w.Fresh))
	}
	w.Away = w.Away[:len(w.Fresh)]
	if g.Arena.Coded {
		t := g.Arena.Codes()
		t.Distances(w.Away, &w.Code.Codes, walk.AsInt32(w.Fresh))
		return
	}
	for _, n := range w.Fresh {
		g.Arena.Prefetch(n)
	}
	for i, n := range w.Fresh {
		w.Away[i] = g.Distance(q, g.Read(w, n))
	}
}

// measure replaces the distances of codes by those of the vectors.
func (g *Graph) measure(w *rows.Scratch, keys []key, q []float32) {
	if !g.Arena.Coded {
		return
	}
	const ahead = 8
	for i, k := range keys {
		if i+ahead < len(keys) {
			g.Arena.Prefetch(keys[i+ahead].ID())
		}
		g.TouchVectors(int(k.ID()), 1)
		keys[i] = walk.NewKey(g.Distance(q, g.Read(w, k.ID())), k.ID())
	}
}

// narrow removes from the beam what cannot be among the k nearest, according to the bounds on the errors of
// codes: their vectors need not be read. It leaves a few more, of which some may be deleted meanwhile.
func (g *Graph) narrow(w *rows.Scratch, k int) {
	const spare = 2
	if !g.Arena.Coded || k <= 0 || len(w.Beam) <= k+spare {
		return
	}
	slack := w.Code.Slack(g.Arena.Bits)
	w.Keep, w.Full = w.Keep[:0], w.Full[:0]
	for _, c := range w.Beam {
		d := w.Code.Spread(g.Arena.Bound(c.ID()) * slack)
		w.Keep = append(w.Keep, walk.NewKey(c.Distance()-d, c.ID()))
		w.Full = append(w.Full, walk.NewKey(c.Distance()+d, c.ID()))
	}
	slices.Sort(w.Full)
	most := w.Full[k-1].Distance()
	slices.Sort(w.Keep)
	n := k + spare
	for n < len(w.Keep) && w.Keep[n].Distance() <= most {
		n++
	}
	w.Beam = append(w.Beam[:0], w.Keep[:n]...)
}
