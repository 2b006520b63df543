package index

import (
	"context"
	"fmt"

	"github.com/luminavec/luminavec/index/internal/edges"
	"github.com/luminavec/luminavec/index/internal/problems"
	"github.com/luminavec/luminavec/index/internal/walk"
)

func (g *graph) Verify(ctx context.Context) (Report, error) {
	if err := g.complete(); err != nil {
		return Report{}, err
	}
	g.gate.Lock()
	defer g.gate.Unlock()
	deleted := append(append([]id(nil), g.waiting...), g.cleanup.gone...)
	v := &verifier{graph: g, stays: make([]bool, int(g.reserved.Load())), coding: none}
	if err := g.verify(ctx, &v.List, deleted); err != nil {
		return Report{}, err
	}
	for i := range v.stays {
		v.stays[i] = g.visible(id(i)) && g.node(id(i)).twin == none
	}
	for _, n := range deleted {
		v.stays[n] = true
	}
	for i := range v.stays {
		if i%verifyEvery == 0 && ctx.Err() != nil {
			return Report{}, fmt.Errorf("index: verifying: %w", ctx.Err())
		}
		if g.visible(id(i)) {
			v.vector(id(i))
		}
	}
	r := &v.report
	r.Vectors, r.Room, r.Deleted = g.Len(), len(v.stays), int(g.deleted.Load())
	if len(deleted) != r.Deleted || r.Copies != g.copies || v.roots > 1 || v.roots == 0 && r.Nodes > 0 && r.Deleted == 0 {
		v.Add("found %d deleted nodes, %d copies and %d roots, expected %d deleted nodes, %d copies and at most one root", len(deleted), r.Copies, v.roots, r.Deleted, g.copies)
	}
	v.reach()
	return v.report, v.Err()
}

// verifier checks a graph that is not being changed.
type verifier struct {
	problems.List
	graph  *graph
	report Report
	stays  []bool // ids that links may lead to
	roots  int
	edges  edges.Scratch
	coding id // the node that edges is prepared for
}

// coded reports whether the code in a slot of n is that of c.
func (v *verifier) coded(n id, slot int, c id) bool {
	g, x := v.graph, v.graph.arena.Vector(n)
	if v.coding != n {
		g.arena.Edges.Node(&v.edges, g.arena.Space, x)
		v.coding = n
	}
	return g.arena.Edges.Equal(&v.edges, g.arena.Space, g.arena.Neighbors(n), slot, x, g.arena.Vector(c))
}

// vector checks everything about one id: its copies, links and place in the tree.
func (v *verifier) vector(n id) {
	g, node := v.graph, v.graph.node(n)
	if node.twin != none {
		v.report.Copies++
		if !v.stays[node.twin] || !equal(g.arena.Vector(node.twin), g.arena.Vector(n)) || load(&g.node(node.prev).next) != n {
			v.Add("label %d is not a copy of its twin", g.label(n))
		}
		return
	}
	v.report.Nodes++
	if top := g.entryPoint().level(); int(node.level) > top {
		v.Add("label %d is on level %d, above the entry point on level %d", g.label(n), node.level, top)
	}
	for l := range int(node.level) + 1 {
		v.links(n, l)
	}
	children := len(g.appendChildren(nil, n))
	if children != int(node.children) || children >= 2*g.options.M {
		v.Add("label %d has %d children, expected %d", g.label(n), children, node.children)
	}
	switch p := g.parent(n); {
	case p == none:
		v.roots++
	case g.is(p, condemned): // the cleanup has yet to process it
	case !g.linked(p, n) || !g.linked(n, p):
		v.Add("label %d is not linked with its parent", g.label(n))
	}
}

// linked reports whether a link on level 0 leads from one node to the other.
func (g *graph) linked(from, to id) bool {
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
			v.Add("label %d, level %d: invalid link to id %d", g.label(n), level, c)
			return
		}
		seen[c] = true
		if level == 0 && g.arena.Edges != nil && !v.coded(n, i, c) {
			v.Add("label %d: the code of its neighbor %d does not match the vectors", g.label(n), g.label(c))
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
	if e == noEntry || v.Len() > 0 {
		if v.report.Nodes > 0 && v.Len() == 0 {
			v.Add("%d nodes have no entry point", v.report.Nodes)
		}
		return
	}
	if !v.stays[e.id()] || int(g.node(e.id()).level) != e.level() {
		v.Add("the entry point is invalid")
		return
	}
	reached := walk.Reach(e.id(), len(v.stays), g.arena.Links)
	for i := range v.stays {
		if g.visible(id(i)) && v.stays[i] && !reached[i] {
			v.Add("label %d is unreachable", g.label(id(i)))
		}
	}
}
