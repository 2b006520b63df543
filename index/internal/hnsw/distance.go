package hnsw

import (
	"slices"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/codes"
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
	g.fetch(w, w.Fresh)
	g.compareFetched(w, q)
}

// fetch prefetches what compareFetched reads of ids.
func (g *Graph) fetch(w *rows.Scratch, ids []id) {
	if g.Unchecked.Load() && g.Blocks[0] != nil {
		g.Touch(ids)
	}
	if g.Arena.Coded {
		t := g.Arena.Codes()
		t.Prefetch(&w.Code.Codes, walk.AsInt32(ids))
		return
	}
	for _, n := range ids {
		g.Arena.Prefetch(n)
	}
}

// compareFetched is compare of nodes that are prefetched.
func (g *Graph) compareFetched(w *rows.Scratch, q []float32) {
	w.Counts += int64(len(w.Fresh))
	if cap(w.Away) < len(w.Fresh) {
		w.Away = make([]float32, cap(w.Fresh))
	}
	w.Away = w.Away[:len(w.Fresh)]
	if g.Arena.Coded {
		t := g.Arena.Codes()
		t.Distances(w.Away, &w.Code.Codes, walk.AsInt32(w.Fresh))
		return
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
	if g.Arena.Form == arena.Codes {
		w.Turned = slices.Grow(w.Turned[:0], g.Arena.Space.Len)
	}
	for i, k := range keys {
		if i+ahead < len(keys) {
			g.Arena.Prefetch(keys[i+ahead].ID())
		}
		g.TouchVectors(int(k.ID()), 1)
		if g.Arena.Form == arena.Codes { // the distance from what the code represents, where it is rotated
			d, ok := w.Code.Represented(g.Arena.Records.Row(int(k.ID()))[g.Arena.Head:], g.Arena.Bits, w.Turned)
			if ok {
				keys[i] = walk.NewKey(d, k.ID())
				continue
			}
		}
		keys[i] = walk.NewKey(g.Distance(q, g.Read(w, k.ID())), k.ID())
	}
}

// narrowBy is how many standard deviations each of two estimates may be wrong by in narrow. Both rarely are, by so
// much and in opposite directions: of two equal distances, once in 400 times.
const narrowBy = 2.0

// narrow removes from the beam what is hardly among the k nearest, by the errors of
// codes: their vectors need not be read. It leaves a few more, of which some may be deleted meanwhile.
func (g *Graph) narrow(w *rows.Scratch, k int) {
	const spare = 2
	if !g.Arena.Coded || k <= 0 || len(w.Beam) <= k+spare {
		return
	}
	slack := w.Code.Slack(g.Arena.Bits) * (narrowBy / codes.Sigmas)
	if g.Arena.Form == arena.Codes { // the vectors are what codes represent
		slack = w.Code.Rounding(g.Arena.Bits) * narrowBy
	}
	if g.Arena.Edges != nil { // the beam has distances, and not estimates as the codes have them
		slack = w.Code.Spread(slack)
	}
	lowest, most := w.Keep[:0], walk.Heap(w.Full[:0]) // what distances are at least, and the least of what they are at most
	for _, c := range w.Beam {
		d := g.Arena.Bound(c.ID()) * slack
		lowest = append(lowest, walk.NewKey(c.Distance()-d, c.ID()))
		if high := walk.NewKey(c.Distance()+d, c.ID()); len(most) < k+spare {
			most.Push(high)
		} else if high < most[0] {
			most.Replace(high)
		}
	}
	kept := w.Beam[:0]
	for _, c := range lowest {
		if c.Distance() <= most[0].Distance() {
			kept = append(kept, c)
		}
	}
	w.Keep, w.Full, w.Beam = lowest, most, kept
}
