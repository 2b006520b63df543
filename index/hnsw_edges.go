package index

import (
	"math"
	"math/bits"

	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// setLink makes c the neighbor of m in a slot of a level. The caller holds m's lock, or
// nothing leads to m yet.
func (g *graph) setLink(w *scratch, m id, level, slot int, c id) {
	if level == 0 && g.arena.Edges != nil {
		x := g.arena.Vector(m)
		if w.coding != m {
			g.arena.Edges.Node(&w.edges, x)
			w.coding = m
		}
		g.arena.Edges.Set(&w.edges, g.arena.Neighbors(m), slot, x, g.arena.Vector(c))
	}
	put(&g.links(m, level)[slot], c)
}

// walkEdges is walk on level 0 with coded neighbors: it expands the node whose estimate is the
// lowest, until the ef lowest are expanded. The best of these by their vectors remain in w.beam.
func (g *graph) walkEdges(w *scratch, q []float32, ef int) {
	w.pool.Start(ef)
	for _, c := range w.near {
		w.pool.Offer(^c)
	}
	w.beam, w.near = w.beam[:0], w.near[:0]
	w.seen.Start(int(g.reserved.Load()))
	coder := g.arena.Edges
	for {
		c, ok := w.pool.Next()
		if !ok {
			return
		}
		n := c.ID()
		if !w.seen.Add(n) {
			w.pool.Drop()
			continue
		}
		if next := w.pool.Peek(); next != none {
			g.prefetchRecord(next)
		}
		w.counts++
		d := g.approximate(w, n)
		if k := walk.NewKey(d, n); g.want(w, n) {
			if len(w.beam) < ef {
				w.beam.Push(k)
			} else if k < w.beam[0] {
				w.beam.Replace(k)
			}
		}
		limit := float32(math.Inf(1))
		if far, full := w.pool.Limit(); full {
			limit = far - d
		}
		away, masks := coder.Estimate(&w.edges, g.arena.Neighbors(n), limit)
		slots := g.arena.Links(n)
		for b, mask := range masks {
			for ; mask != 0; mask &= mask - 1 {
				i := b*kernel.ScanCodes + bits.TrailingZeros32(mask)
				if i >= len(slots) {
					break
				}
				if t := load(&slots[i]); t != none && !w.seen.Has(t) {
					w.pool.Offer(walk.NewKey(d+away[i], t))
				}
			}
		}
	}
}

// approximate returns the distance of the query to n by n's code.
func (g *graph) approximate(w *scratch, n id) float32 {
	w.fresh = append(w.fresh[:0], n)
	t := g.arena.Codes()
	w.away = append(w.away[:0], 0)
	t.Distances(w.away, &w.code, asInt32(w.fresh))
	return w.away[0]
}

func (g *graph) prefetchRecord(n id) { kernel.Prefetch(g.arena.Records.Row(int(n))) }

// walkEdgesAllowed is walkWanted on level 0 with coded neighbors.
func (g *graph) walkEdgesAllowed(w *scratch, q []float32, ef int, limit int64) bool {
	coder := g.arena.Edges
	w.beam = w.beam[:0]
	w.seen.Start(int(g.reserved.Load()))
	for len(w.near) > 0 {
		c := ^w.near.Pop()
		if len(w.beam) == ef && c > w.beam[0] {
			return true
		}
		if w.counts > limit {
			return false
		}
		n := c.ID()
		if !w.seen.Add(n) {
			continue
		}
		if len(w.near) > 0 {
			g.prefetchRecord((^w.near[0]).ID())
		}
		w.counts++
		d := g.approximate(w, n)
		if k := walk.NewKey(d, n); g.want(w, n) {
			if len(w.beam) < ef {
				w.beam.Push(k)
			} else if k < w.beam[0] {
				w.beam.Replace(k)
			}
		}
		most := float32(math.Inf(1))
		if len(w.beam) == ef {
			most = w.beam[0].Distance() - d
		}
		away, masks := coder.Estimate(&w.edges, g.arena.Neighbors(n), most)
		slots := g.arena.Links(n)
		for b, mask := range masks {
			for ; mask != 0; mask &= mask - 1 {
				i := b*kernel.ScanCodes + bits.TrailingZeros32(mask)
				if i >= len(slots) {
					break
				}
				if t := load(&slots[i]); t != none && !w.seen.Has(t) {
					w.near.Push(^walk.NewKey(d+away[i], t))
				}
			}
		}
	}
	return true
}
