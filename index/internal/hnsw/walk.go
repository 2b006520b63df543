package hnsw

import (
	"math"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/codes"
	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Question is what Explore looks for.
type Question struct {
	K      int // nearest nodes; 0: any number
	Ef     int // width of the beam
	Rerank int // nodes that are compared by their vectors, at most
	Allow  rows.Allow
	Widen  bool    // the beam grows until the best K have settled
	Slack  float64 // if not 0 and all nodes are allowed, the walk ends at what is farther than the K nearest by this part
	Least  int     // of their squared distance, but expands the nearest Least of those that it meets
	Scan   float64 // what comparing all that Allow allows costs, in vectors that a walk compares
}

// What a search costs, in vectors that a walk compares.
const (
	WalkCost   = 16 // a walk, per unit of the width of the beam
	ExpandCost = 32 // expanding a node whose neighbors have codes beside it
)

// A budget ends a walk for what Allow allows that will cost more than a scan. It looks at what the walk meets in
// short intervals, so that little is lost: if one node in s may be returned, the beam has to be s times
// as wide.
type budget struct {
	most, next   int64
	near, wanted int // nodes met since the last look, and those of them that may be returned
}

func newBudget(scan float64) budget {
	most := int64(min(scan, math.MaxInt32))
	return budget{most: most, next: max(64, most/64)} // a walk that meets nothing wanted costs little beside the scan that follows
}

// spent reports whether a walk that has cost so much should end; it costs each for a node that it wants.
func (b *budget) spent(cost int64, each float64) bool {
	if cost < b.next {
		return false
	}
	const few = 16
	near, wanted := b.near, b.wanted
	b.next, b.near, b.wanted = cost+max(64, b.most/32), 0, 0
	return cost > b.most || near >= few && each*float64(near) > float64(b.most)*max(float64(wanted), 0.5)
}

// unlimited is the budget of a walk that nothing can replace.
var unlimited = budget{most: math.MaxInt64, next: math.MaxInt64}

// Explore walks the graph to what is near w.Query, whose nodes, by the distances of their vectors, it leaves in
// w.Beam. It reports false if the walk becomes more expensive than comparing all vectors. w.Counts is the number of
// distances computed.
func (g *Graph) Explore(w *rows.Scratch, q Question) bool {
	w.Counts = 0
	start := g.entryPoint()
	if start == noEntry {
		return false
	}
	g.encode(w, w.Query)
	at, d := g.descend(w, w.Query, start, 0)
	n := int(g.Reserved.Load())
	w.Begin(n)
	if g.Unchecked.Load() {
		w.Seen.Confine(n)
	}
	w.Wants, w.Allow, w.Widen, w.Reach = rows.WantAll, q.Allow, 0, rows.Reach{}
	switch {
	case q.Slack > 0 && q.Allow.All():
		g.reach(w, q)
	case q.Widen:
		w.Widen = q.K
	}
	limit := newBudget(q.Scan)
	switch {
	case !q.Allow.All():
		w.Wants = rows.WantAllowed
	case g.deleted.Load() > 0:
		w.Wants = rows.WantUndeleted
	}
	g.enter(w, walk.NewKey(d, at))
	done := true
	if w.Wants == rows.WantAll {
		g.walk(w, w.Query, q.Ef, 0)
	} else {
		done = g.walkWanted(w, w.Query, q.Ef, 0, limit)
	}
	w.Allow, w.Widen, w.Reach = rows.Allow{}, 0, rows.Reach{}
	if !done {
		return false
	}
	if (g.Arena.Edges != nil || g.Arena.Form == arena.Codes) && q.K > 0 {
		q.Rerank = min(q.Rerank, 2*q.K+8)
	}
	for len(w.Beam) > q.Rerank {
		w.Beam.Pop()
	}
	g.narrow(w, q.K)
	g.measure(w, w.Beam, w.Query)
	return true
}

// want reports whether n goes into the beam of w.
func (g *Graph) want(w *rows.Scratch, n id) bool {
	switch w.Wants {
	case rows.WantUndeleted:
		return !g.Is(n, rows.Dead)
	case rows.WantUncondemned:
		return !g.Is(n, rows.Condemned)
	case rows.WantAllowed:
		for ; n != none; n = load(&g.node(n).next) {
			if g.Visible(n) && w.Allow.Label(g.Label(n)) {
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
func (g *Graph) descend(w *rows.Scratch, q []float32, start entryPoint, level int) (id, float32) {
	at := start.id()
	w.Fresh = append(w.Fresh[:0], at)
	g.compare(w, q)
	d := w.Away[0]
	for l := start.level(); l > level; l-- {
		for moved := true; moved; {
			moved = false
			w.Fresh = w.Fresh[:0]
			slots := g.links(at, l)
			for i := range slots {
				if c := load(&slots[i]); c != none {
					w.Fresh = append(w.Fresh, c)
				}
			}
			g.compare(w, q)
			for i, c := range w.Fresh {
				if w.Away[i] < d {
					at, d, moved = c, w.Away[i], true
				}
			}
		}
	}
	return at, d
}

// enter adds a node that the walk starts from.
func (g *Graph) enter(w *rows.Scratch, c key) {
	w.Seen.Add(c.ID())
	w.Near.Push(^c)
	if g.want(w, c.ID()) {
		w.Beam.Push(c)
	}
}

// prefetchNext prefetches the links of the node that will probably be expanded next.
func (g *Graph) prefetchNext(near walk.Heap, level int) {
	if level == 0 && len(near) > 0 {
		kernel.Prefetch(g.Arena.Records.Row(int((^near[0]).ID()))[:g.Arena.Head])
	}
}

// leastNearest is the least number of nearest nodes whose distance ends a walk.
const leastNearest = 10

// reach prepares w for a walk that ends by the distances of what it meets.
func (g *Graph) reach(w *rows.Scratch, q Question) {
	w.Reach = rows.Reach{Slack: float32(q.Slack), Nearest: max(q.K, leastNearest), Least: q.Least, Most: mostPooled, Scale: 1}
	if g.Arena.Edges != nil {
		w.Widen = w.Reach.Nearest
		return
	}
	w.Reach.Nearest += int(int64(w.Reach.Nearest) * g.deleted.Load() / int64(g.Len()+1))
	if g.Arena.Coded {
		w.Reach.Scale = w.Code.Spread(1)
		w.Reach.Error = w.Code.Slack(g.Arena.Bits) / codes.Sigmas
	}
}

// beyond returns by how much a distance exceeds d at which a walk ends if d is that of the last of the nearest.
func (g *Graph) beyond(w *rows.Scratch, d float32) float32 {
	if !g.Squared {
		d++ // half the squared distance of vectors of length 1
	}
	return w.Reach.Slack * max(d, 0)
}

// end returns the distance, as the walk sees it, at which it ends if k is the last of the nearest.
func (g *Graph) end(w *rows.Scratch, k key) float32 {
	d := k.Distance()
	if !g.Arena.Coded {
		return d + g.beyond(w, d)
	}
	return d + g.beyond(w, w.Code.Distance(d))/w.Reach.Scale + g.Arena.Bound(k.ID())*w.Reach.Error
}

// mostPooled is the width of a beam up to which keeping it sorted is cheaper than two heaps.
const mostPooled = 2048

// walk searches one level (Algorithm 2): it expands the nearest node not yet expanded
// until that is farther than the worst of the ef best, which remain in w.Beam.
func (g *Graph) walk(w *rows.Scratch, q []float32, ef, level int) {
	switch {
	case level == 0 && g.Arena.Edges != nil:
		g.walkEdges(w, ef)
	case ef <= mostPooled:
		g.walkPool(w, q, ef, level)
	default:
		g.walkHeaps(w, q, ef, level, unlimited)
	}
}

// walkPool is walk with a sorted beam. It works on three nodes at a time: while the links of one and the codes
// of the neighbors of the second arrive from memory, it compares those of the third. They usually would not
// have changed which nodes are expanded next.
func (g *Graph) walkPool(w *rows.Scratch, q []float32, ef, level int) {
	p := &w.Pool
	if p.Start(ef); w.Widen > 0 { // what a narrow beam leaves may be expanded when it is wider
		p.Start(2 * ef)
		p.Reach(ef)
	}
	if w.Reach.Slack > 0 {
		p.Start(w.Reach.Most)
	}
	for _, c := range w.Near {
		p.Add(^c)
	}
	w.Beam, w.Near, w.Fresh, w.Ahead = w.Beam[:0], w.Near[:0], w.Fresh[:0], w.Ahead[:0]
	w.BegunBest()
	second, nearest := none, ^key(0)
	for steps := 1; ; steps++ {
		first := none
		if c, more := p.Next(); more {
			first = c.ID()
			if level == 0 {
				kernel.Prefetch(g.Arena.Records.Row(int(first))[:g.Arena.Head])
			}
		}
		if second != none {
			w.Ahead = w.Seen.AppendNew(w.Ahead, g.links(second, level))
			g.fetch(w, w.Ahead)
		} else if first == none && len(w.Fresh) == 0 {
			break
		}
		g.compareFetched(w, q)
		for _, k := range p.AddAll(w.Fresh, w.Away) {
			if w.Widen > 0 && g.want(w, k.ID()) && w.Better(k) && 2*steps > ef && ef < mostPooled {
				ef = min(2*steps, mostPooled)
				p.Widen(2 * ef)
				p.Reach(ef)
			}
		}
		if w.Reach.Slack > 0 {
			if k, ok := p.Nearest(w.Reach.Nearest); ok && k < nearest {
				nearest = k
				p.Within(g.end(w, k), w.Reach.Least)
			}
		}
		w.Fresh, w.Ahead = w.Ahead, w.Fresh[:0]
		second = first
	}
	w.Ended = !p.Full()
	w.Beam = p.AppendTo(w.Beam)
}

// walkWanted is walk with a beam of wanted nodes only. It reports false when comparing all wanted ones is no more
// expensive.
func (g *Graph) walkWanted(w *rows.Scratch, q []float32, ef, level int, limit budget) bool {
	switch {
	case level == 0 && g.Arena.Edges != nil && w.Wants == rows.WantAllowed:
		return g.walkEdgesWanted(w, ef, limit)
	case level == 0 && g.Arena.Edges != nil:
		g.walkEdges(w, ef)
		return true
	case w.Wants != rows.WantAllowed && ef <= mostPooled && g.walkMost(w, q, ef, level):
		return true
	}
	return g.walkHeaps(w, q, ef, level, limit)
}

// walkMost is walkWanted if most nodes are wanted, as when some are deleted. It reports false, with the
// walk back at its start, if most of those that it found are not.
func (g *Graph) walkMost(w *rows.Scratch, q []float32, ef, level int) bool {
	w.Offers = append(w.Offers[:0], w.Near...)
	ends := w.Reach.Slack > 0
	deleted := min(g.deleted.Load(), int64(ef))
	wide := ef + int(min(int64(ef), int64(ef)*g.deleted.Load()/int64(g.Len()+1)))
	g.walkPool(w, q, wide, level)
	wanted := w.Beam[:0]
	for _, c := range w.Beam {
		if g.want(w, c.ID()) {
			wanted = append(wanted, c)
		}
	}
	all := len(w.Beam)
	w.Beam = wanted
	if deleted == 0 || 2*len(wanted) >= all {
		if !ends {
			w.Beam = w.Beam[max(0, len(w.Beam)-ef):] // the nearest, which are the last
		}
		return true
	}
	w.Seen.Clear()
	w.Near, w.Beam = w.Near[:0], w.Beam[:0]
	for _, c := range w.Offers {
		g.enter(w, ^c)
	}
	return false
}

// walkHeaps is walkWanted with a heap of what is to be expanded, and one of what is wanted.
func (g *Graph) walkHeaps(w *rows.Scratch, q []float32, ef, level int, limit budget) bool {
	for len(w.Beam) > ef {
		w.Beam.Pop()
	}
	w.BegunBest()
	w.Ended = false
	for steps := 1; len(w.Near) > 0; steps++ {
		c := ^w.Near.Pop()
		if len(w.Beam) >= ef && c > w.Beam[0] {
			return true
		}
		g.prefetchNext(w.Near, level)
		if limit.spent(w.Counts, WalkCost*float64(ef)) {
			return false
		}
		w.Fresh = w.Seen.AppendNew(w.Fresh[:0], g.links(c.ID(), level))
		g.compare(w, q)
		for i, n := range w.Fresh {
			k := walk.NewKey(w.Away[i], n)
			if len(w.Beam) >= ef && k > w.Beam[0] {
				continue
			}
			w.Near.Push(^k)
			if w.Near[0] == ^k {
				g.prefetchNext(w.Near, level)
			}
			limit.near++
			if !g.want(w, n) {
				continue
			}
			limit.wanted++
			if w.Widen > 0 && w.Wants != rows.WantAllowed && w.Better(k) {
				ef = max(ef, min(2*steps, widest))
			}
			if len(w.Beam) < ef {
				w.Beam.Push(k)
			} else {
				w.Beam.Replace(k)
			}
		}
	}
	w.Ended = true
	return true
}
