package hnsw

import (
	"math"
	"math/bits"
	"runtime"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// setLink makes c the neighbor of m in a slot of a level. The caller holds m's lock, or
// nothing leads to m yet.
func (g *Graph) setLink(w *rows.Scratch, m id, level, slot int, c id) {
	if level == 0 && g.Arena.Edges != nil {
		x := g.Arena.Vector(m)
		if w.Coding != m {
			g.Arena.Edges.Node(&w.Edges, g.Arena.Space, x)
			w.Coding = m
		}
		g.Arena.Edges.Set(&w.Edges, g.Arena.Space, g.Arena.Neighbors(m), slot, x, g.Arena.Vector(c))
	}
	put(&g.links(m, level)[slot], c)
}

// codeNeighbors codes the neighbors of the first n nodes again, relative to another center.
func (g *Graph) codeNeighbors(n int) {
	work, next := pool.New(), atomic.Int64{}
	for range runtime.GOMAXPROCS(0) {
		work.Go(func() {
			w := g.Pool.Get()
			defer g.Pool.Put(w)
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				w.Coding = none
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
// lowest, until the ef lowest are expanded. The best of these by their codes remain in w.Beam.
func (g *Graph) walkEdges(w *rows.Scratch, ef int) {
	w.Pool.StartOffers(ef)
	if w.Reach.Slack > 0 {
		ef = w.Reach.Most
		w.Pool.Widen(ef)
	}
	w.Seen.Clear()
	for _, c := range w.Near {
		w.Pool.Offer(walk.NewKey(w.Code.Distance((^c).Distance()), (^c).ID()))
	}
	w.Beam, w.Near = w.Beam[:0], w.Near[:0]
	// A node is chosen some steps before it is expanded, so that its record arrives from memory
	// meanwhile. Nearer ones may be found in these steps, but nearly all of the ef lowest are expanded anyway.
	const ahead = 2
	var queue [ahead + 1]id
	first, last := 0, 0
	w.BegunBest()
	for steps := 1; ; steps++ {
		var soon []float32 // the codes of the last chosen, which Estimate prefetches
		for last-first <= ahead {
			c, ok := w.Pool.Next()
			if !ok {
				break
			}
			if !w.Seen.Add(c.ID()) {
				continue
			}
			kernel.Prefetch(soon)
			soon = g.prefetchNode(c.ID())
			queue[last%len(queue)] = c.ID()
			last++
		}
		if first == last {
			w.Ended = !w.Pool.Full()
			return
		}
		n := queue[first%len(queue)]
		first++
		d := g.expand(w, n, ef)
		if w.Reach.Slack > 0 {
			if g.want(w, n) && w.Better(walk.NewKey(d, n)) && len(w.Best) == w.Widen {
				far := w.Best[0].Distance()
				w.Pool.Within(far+g.beyond(w, far), w.Reach.Least)
			}
		} else if w.Widen > 0 && g.want(w, n) && w.Better(walk.NewKey(d, n)) && 2*steps > ef {
			ef = min(2*steps, widest)
			w.Pool.Widen(ef)
		}
		limit := float32(math.Inf(1))
		if far, full := w.Pool.Limit(); full {
			limit = far - d
		}
		for _, k := range g.estimate(w, n, soon, d, limit) {
			w.Pool.Offer(k)
		}
	}
}

// prefetchNode prefetches what is before the codes of the neighbors of n, and returns them.
func (g *Graph) prefetchNode(n id) []float32 {
	record, codes := g.Arena.Records.Row(int(n)), g.Arena.Neighbors(n)
	kernel.Prefetch(record[:len(record)-len(codes)])
	return codes
}

// expand offers n to w.Beam, and returns its distance by its code.
func (g *Graph) expand(w *rows.Scratch, n id, ef int) float32 {
	w.Fresh = append(w.Fresh[:0], n)
	g.compare(w, nil)
	d := w.Code.Distance(w.Away[0])
	if !g.want(w, n) {
		return d
	}
	if k := walk.NewKey(d, n); len(w.Beam) < ef {
		w.Beam.Push(k)
	} else if k < w.Beam[0] {
		w.Beam.Replace(k)
	}
	return d
}

// estimate returns the neighbors of n, which is at distance d, that are not expanded and whose
// estimates exceed d by limit at most, with these. Meanwhile it prefetches soon, codes of the neighbors of
// another node.
func (g *Graph) estimate(w *rows.Scratch, n id, soon []float32, d, limit float32) []key {
	more, masks := g.Arena.Edges.Estimate(&w.Edges, g.Arena.Neighbors(n), soon, limit)
	slots := g.Arena.Links(n)
	w.Offers = w.Offers[:0]
	for b, mask := range masks {
		for ; mask != 0; mask &= mask - 1 {
			i := b*kernel.ScanCodes + bits.TrailingZeros32(mask)
			if i >= len(slots) {
				break
			}
			if c := load(&slots[i]); c != none && !w.Seen.Has(c) {
				w.Offers = append(w.Offers, walk.NewKey(d+more[i], c))
			}
		}
	}
	return w.Offers
}

// walkEdgesWanted is walkWanted on level 0 with coded neighbors.
func (g *Graph) walkEdgesWanted(w *rows.Scratch, ef int, limit budget) bool {
	w.Seen.Clear()
	for i, c := range w.Near { // the order stays
		w.Near[i] = ^walk.NewKey(w.Code.Distance((^c).Distance()), (^c).ID())
	}
	w.Beam = w.Beam[:0]
	w.Ended = false
	for len(w.Near) > 0 {
		c := ^w.Near.Pop()
		if len(w.Beam) == ef && c > w.Beam[0] {
			return true
		}
		if limit.spent(ExpandCost*w.Counts, ExpandCost*float64(ef)) {
			return false
		}
		if !w.Seen.Add(c.ID()) {
			continue
		}
		var soon []float32
		if len(w.Near) > 0 {
			soon = g.prefetchNode((^w.Near[0]).ID())
		}
		if limit.near++; g.want(w, c.ID()) {
			limit.wanted++
		}
		d := g.expand(w, c.ID(), ef)
		most := float32(math.Inf(1))
		if len(w.Beam) == ef {
			most = w.Beam[0].Distance() - d
		}
		for _, k := range g.estimate(w, c.ID(), soon, d, most) {
			w.Near.Push(^k)
		}
	}
	w.Ended = true
	return true
}
