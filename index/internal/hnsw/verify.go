package hnsw

import (
	"context"
	"fmt"

	"github.com/luminavec/luminavec/index/internal/edges"
	"github.com/luminavec/luminavec/index/internal/problems"
	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/index/internal/walk"
)

// Counts describes a graph.
type Counts struct {
	Nodes   int // copies of one vector share a node
	Copies  int // vectors that share the node of an equal one
	Deleted int // deleted nodes that links still lead to
	Edges   int // links on all levels, each direction counted separately
	Mutual  int // links on level 0 that have a link back
	Longest int // greatest number of links of a node on level 0
}

// Gone returns the deleted nodes that links still lead to. The caller holds Gate exclusively.
func (g *Graph) Gone() []id { return append(append([]id(nil), g.waiting...), g.cleanup.gone...) }

// verifyEvery is the number of vectors between two checks of the context.
const verifyEvery = 1 << 12

// Verify adds to p what is wrong with the graph. The caller holds Gate exclusively.
func (g *Graph) Verify(ctx context.Context, p *problems.List) (Counts, error) {
	deleted := g.Gone()
	v := &verifier{List: p, graph: g, stays: make([]bool, int(g.Reserved.Load())), coding: none}
	for i := range v.stays {
		v.stays[i] = g.Visible(id(i)) && g.node(id(i)).twin == none
	}
	for _, n := range deleted {
		v.stays[n] = true
	}
	for i := range v.stays {
		if i%verifyEvery == 0 && ctx.Err() != nil {
			return Counts{}, fmt.Errorf("index: verifying: %w", ctx.Err())
		}
		if g.Visible(id(i)) {
			v.vector(id(i))
		}
	}
	r := &v.report
	r.Deleted = int(g.deleted.Load())
	if len(deleted) != r.Deleted || r.Copies != g.copies || v.roots > 1 || v.roots == 0 && r.Nodes > 0 && r.Deleted == 0 {
		v.Add("found %d deleted nodes, %d copies and %d roots, expected %d deleted nodes, %d copies and at most one root", len(deleted), r.Copies, v.roots, r.Deleted, g.copies)
	}
	v.reach()
	return v.report, nil
}

// verifier checks a graph that is not being changed.
type verifier struct {
	*problems.List
	graph  *Graph
	report Counts
	stays  []bool // ids that links may lead to
	roots  int
	edges  edges.Scratch
	coding id // the node that edges is prepared for
}

// coded reports whether the code in a slot of n is that of c.
func (v *verifier) coded(n id, slot int, c id) bool {
	g, x := v.graph, v.graph.Arena.Vector(n)
	if v.coding != n {
		g.Arena.Edges.Node(&v.edges, g.Arena.Space, x)
		v.coding = n
	}
	return g.Arena.Edges.Equal(&v.edges, g.Arena.Space, g.Arena.Neighbors(n), slot, x, g.Arena.Vector(c))
}

// vector checks everything about one id: its copies, links and place in the tree.
func (v *verifier) vector(n id) {
	g, node := v.graph, v.graph.node(n)
	if node.twin != none {
		v.report.Copies++
		if !v.stays[node.twin] || !equal(g.Arena.Vector(node.twin), g.Arena.Vector(n)) || load(&g.node(node.prev).next) != n {
			v.Add("label %d is not a copy of its twin", g.Label(n))
		}
		return
	}
	v.report.Nodes++
	if top := g.entryPoint().level(); int(node.level) > top {
		v.Add("label %d is on level %d, above the entry point on level %d", g.Label(n), node.level, top)
	}
	for l := range int(node.level) + 1 {
		v.links(n, l)
	}
	children := len(g.appendChildren(nil, n))
	if children != int(node.children) || children >= 2*g.M {
		v.Add("label %d has %d children, expected %d", g.Label(n), children, node.children)
	}
	switch p := g.parent(n); {
	case p == none:
		v.roots++
	case g.Is(p, rows.Condemned): // the cleanup has yet to process it
	case !g.linked(p, n) || !g.linked(n, p):
		v.Add("label %d is not linked with its parent", g.Label(n))
	}
}

// linked reports whether a link on level 0 leads from one node to the other.
func (g *Graph) linked(from, to id) bool {
	slots := g.links(from, 0)
	for i := range slots {
		if load(&slots[i]) == to {
			return true
		}
	}
	return false
}

func (v *verifier) links(n id, level int) {
	g, seen, count := v.graph, map[id]bool{n: true}, 0
	slots := g.links(n, level)
	for i := range slots {
		c := load(&slots[i])
		if c == none {
			continue
		}
		count++
		if c < 0 || int(c) >= len(v.stays) || !v.stays[c] || seen[c] || int(g.node(c).level) < level {
			v.Add("label %d, level %d: invalid link to id %d", g.Label(n), level, c)
			return
		}
		seen[c] = true
		if level == 0 && g.Arena.Edges != nil && !v.coded(n, i, c) {
			v.Add("label %d: the code of its neighbor %d does not match the vectors", g.Label(n), g.Label(c))
		}
		if level == 0 && g.linked(c, n) {
			v.report.Mutual++
		}
	}
	v.report.Edges += count
	if level == 0 {
		v.report.Longest = max(v.report.Longest, count)
	}
}

// reach walks the graph from the entry point and compares the nodes it meets with
// those that exist.
func (v *verifier) reach() {
	g, e := v.graph, v.graph.entryPoint()
	if e == noEntry || v.List.Len() > 0 {
		if v.report.Nodes > 0 && v.List.Len() == 0 {
			v.Add("%d nodes have no entry point", v.report.Nodes)
		}
		return
	}
	if !v.stays[e.id()] || int(g.node(e.id()).level) != e.level() {
		v.Add("the entry point is invalid")
		return
	}
	reached := walk.Reach(e.id(), len(v.stays), g.Arena.Links)
	for i := range v.stays {
		if g.Visible(id(i)) && v.stays[i] && !reached[i] {
			v.Add("label %d is unreachable", g.Label(id(i)))
		}
	}
}
