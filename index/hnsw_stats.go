package index

import "github.com/luminavec/luminavec/index/internal/walk"

func (g *graph) Stats() Stats {
	s := Stats{
		Kind:      HNSW,
		Vectors:   g.Len(),
		Bytes:     g.bytes() + int64(g.nodes.Values()*nodeSize) + int64(g.upper.Values())*4,
		Distances: g.distances.Load(),
		Recall:    g.stated(),
	}
	w := g.scratch.Get() // so that no id is reused meanwhile
	defer g.scratch.Put(w)
	g.mu.RLock()
	s.Copies = g.copies
	s.Bytes += g.twins.Bytes()
	g.mu.RUnlock()
	s.Deleted = int(g.deleted.Load())
	g.recoding.RLock()
	defer g.recoding.RUnlock()
	start := g.entryPoint()
	if start == noEntry || g.complete() != nil {
		return s
	}
	s.Levels = make([]int, start.level()+1)
	total := int(g.reserved.Load())
	reached := walk.Reach(start.id(), total, g.arena.Links)
	for i := range total {
		n := id(i)
		if !g.visible(n) || g.node(n).twin != none {
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
