package index

import (
	"math"
	"math/bits"
	"runtime"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// setLink makes c the neighbor of m in a slot of a level. The caller holds m's lock, or
// nothing leads to m yet.
func (g *graph) setLink(w *scratch, m id, level, slot int, c id) {
	if level == 0 && g.arena.Edges != nil {
		x := g.arena.Vector(m)
		if w.coding != m {
			g.arena.Edges.Node(&w.edges, g.arena.Space, x)
			w.coding = m
		}
		g.arena.Edges.Set(&w.edges, g.arena.Space, g.arena.Neighbors(m), slot, x, g.arena.Vector(c))
	}
	put(&g.links(m, level)[slot], c)
}

// codeNeighbors codes the neighbors of the first n nodes again, relative to another center.
func (g *graph) codeNeighbors(n int) {
	work, next := pool.New(), atomic.Int64{}
	for range runtime.GOMAXPROCS(0) {
		work.Go(func() {
			w := g.scratch.Get()
			defer g.scratch.Put(w)
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				w.coding = none
				slots := g.links(id(i), 0)
				for j := range slots {
					if c := load(&slots[j]); c != none {
						g.setLink(w, id(i), 0, j, c)
					}
				}
			}
		})
	}
	work.Wait()
}

// walkEdges is walk on level 0 with coded neighbors: it expands the node whose estimate is the
// lowest, until the ef lowest are expanded. The best of these by their codes remain in w.beam.
func (g *graph) walkEdges(w *scratch, ef int) {
	w.pool.Start(ef)
	w.seen.Clear()
	for _, c := range w.near {
		w.pool.Offer(walk.NewKey(w.code.Distance((^c).Distance()), (^c).ID()))
	}
	w.beam, w.near = w.beam[:0], w.near[:0]
	// A node is chosen some steps before it is expanded, so that its record arrives from memory
	// meanwhile. Nearer ones may be found in these steps, but nearly all of the ef lowest are expanded anyway.
	const ahead = 2
	var queue [ahead + 1]id
	first, last := 0, 0
	w.begunBest()
	for steps := 1; ; steps++ {
		var soon []float32 // the codes of the last chosen, which Estimate prefetches
		for last-first <= ahead {
			c, ok := w.pool.Next()
			if !ok {
				break
			}
			if !w.seen.Add(c.ID()) {
				continue
			}
			kernel.Prefetch(soon)
			soon = g.prefetchNode(c.ID())
			queue[last%len(queue)] = c.ID()
			last++
		}
		if first == last {
			return
		}
		n := queue[first%len(queue)]
		first++
		d := g.expand(w, n, ef)
		if w.widen > 0 && g.want(w, n) && w.better(walk.NewKey(d, n)) && 2*steps > ef {
			ef = min(2*steps, MaxEf)
			w.pool.Widen(ef)
		}
		limit := float32(math.Inf(1))
		if far, full := w.pool.Limit(); full {
			limit = far - d
		}
		for _, k := range g.estimate(w, n, soon, d, limit) {
			w.pool.Offer(k)
		}
	}
}

// prefetchNode prefetches what is before the codes of the neighbors of n, and returns them.
func (g *graph) prefetchNode(n id) []float32 {
	record, codes := g.arena.Records.Row(int(n)), g.arena.Neighbors(n)
	kernel.Prefetch(record[:len(record)-len(codes)])
	return codes
}

// expand offers n to w.beam, and returns its distance by its code.
func (g *graph) expand(w *scratch, n id, ef int) float32 {
	w.fresh = append(w.fresh[:0], n)
	g.compare(w, nil)
	d := w.code.Distance(w.away[0])
	if !g.want(w, n) {
		return d
	}
	if k := walk.NewKey(d, n); len(w.beam) < ef {
		w.beam.Push(k)
	} else if k < w.beam[0] {
		w.beam.Replace(k)
	}
	return d
}

// estimate returns the neighbors of n, which is at distance d, that are not expanded and whose
// estimates exceed d by limit at most, with these. Meanwhile it prefetches soon, codes of the neighbors of
// another node.
func (g *graph) estimate(w *scratch, n id, soon []float32, d, limit float32) []key {
	more, masks := g.arena.Edges.Estimate(&w.edges, g.arena.Neighbors(n), soon, limit)
	slots := g.arena.Links(n)
	w.offers = w.offers[:0]
	for b, mask := range masks {
		for ; mask != 0; mask &= mask - 1 {
			i := b*kernel.ScanCodes + bits.TrailingZeros32(mask)
			if i >= len(slots) {
				break
			}
			if c := load(&slots[i]); c != none && !w.seen.Has(c) {
				w.offers = append(w.offers, walk.NewKey(d+more[i], c))
			}
		}
	}
	return w.offers
}

// walkEdgesWanted is walkWanted on level 0 with coded neighbors.
func (g *graph) walkEdgesWanted(w *scratch, ef int, limit int64) bool {
	w.seen.Clear()
	for i, c := range w.near { // the order stays
		w.near[i] = ^walk.NewKey(w.code.Distance((^c).Distance()), (^c).ID())
	}
	w.beam = w.beam[:0]
	for len(w.near) > 0 {
		c := ^w.near.Pop()
		if len(w.beam) == ef && c > w.beam[0] {
			return true
		}
		if w.counts > limit {
			return false
		}
		if !w.seen.Add(c.ID()) {
			continue
		}
		var soon []float32
		if len(w.near) > 0 {
			soon = g.prefetchNode((^w.near[0]).ID())
		}
		d := g.expand(w, c.ID(), ef)
		most := float32(math.Inf(1))
		if len(w.beam) == ef {
			most = w.beam[0].Distance() - d
		}
		for _, k := range g.estimate(w, c.ID(), soon, d, most) {
			w.near.Push(^k)
		}
	}
	return true
}
