package hnsw

import "github.com/luminavec/luminavec/index/internal/walk"

// Stats describes a graph that may change meanwhile.
type Stats struct {
	Copies      int   // vectors that share the node of an equal one
	Deleted     int   // deleted nodes that links still lead to
	Levels      []int // nodes on each level
	Edges       int   // links on all levels, each direction counted separately
	Unreachable int   // nodes that no path on level 0 reaches from the entry point
}

// Stats returns the statistics of the graph, without those of its links unless links is set.
func (g *Graph) Stats(links bool) (s Stats) {
	w := g.Pool.Get() // so that no id is reused meanwhile
	defer g.Pool.Put(w)
	g.Mu.RLock()
	s.Copies = g.copies
	g.Mu.RUnlock()
	s.Deleted = int(g.deleted.Load())
	start := g.entryPoint()
	if start == noEntry || !links {
		return s
	}
	s.Levels = make([]int, start.level()+1)
	total := int(g.Reserved.Load())
	reached := walk.Reach(start.id(), total, g.Arena.Links)
	for i := range total {
		n := id(i)
		if !g.Visible(n) || g.node(n).twin != none {
			continue
		}
		v := g.node(n)
		if !reached[n] {
			s.Unreachable++
		}
		for l := range min(int(v.level)+1, len(s.Levels)) {
			s.Levels[l]++
			slots := g.links(n, l)
			for j := range slots {
				if load(&slots[j]) != none {
					s.Edges++
				}
			}
		}
	}
	return s
}
