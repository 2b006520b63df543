package index

import "github.com/luminavec/luminavec/index/internal/hnsw"

// graph is the HNSW index.
type graph struct {
	store
	net   hnsw.Graph
	moves moves
}

func init() {
	register(kindSpec{HNSW, 1, "walks a graph of near neighbors: fast, approximate", true, func(o Options) kindIndex { return newGraph(o) }})
}

func newGraph(o Options) *graph {
	g := &graph{net: hnsw.Graph{M: o.M, EfConstruction: o.EfConstruction, Seed: o.Seed, Squared: o.Metric == Euclidean, Inner: o.Metric == Dot, KeepCandidates: o.Deterministic}}
	g.init(o, 2*o.M)
	g.net.Init(&g.Rows)
	g.measuring, g.between, g.finding, g.recoded = g.widthsFor, g.nearQueries, g.find, g.net.Recoded
	return g
}
