package index

func (g *graph) Stats() Stats {
	s := Stats{Kind: HNSW, Vectors: g.Len(), Bytes: g.bytes() + g.net.Bytes(), Distances: g.distances.Load(), Recall: g.stated(), Longer: g.longer()}
	opened := g.complete() == nil
	g.recoding.RLock()
	defer g.recoding.RUnlock()
	of := g.net.Stats(opened)
	s.Copies, s.Deleted, s.Levels, s.Edges, s.Unreachable = of.Copies, of.Deleted, of.Levels, of.Edges, of.Unreachable
	return s
}
