package index

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// load reads the graph of versions 1 and 2 over n vectors.
func (g *graph) load(r *reader, n int) error {
	if err := g.loadNodes(r, n); err != nil {
		return err
	}
	if err := g.checkCopies(r, n); err != nil {
		return err
	}
	if err := g.loadLinks(r, n); err != nil {
		return err
	}
	return g.checkTree(r, n)
}

// loadNodes reads the section nodes and sets the entry point.
func (g *graph) loadNodes(r *reader, n int) error {
	if err := r.section("nodes"); err != nil {
		return err
	}
	if err := r.expect(4 + uint64(n)*nodeBytes); err != nil {
		return err
	}
	p, err := r.next(4)
	if err != nil {
		return err
	}
	entry := id(binary.LittleEndian.Uint32(p))
	c := nodeChecker{g: g, n: n}
	for i := range n {
		p, err := r.next(nodeBytes)
		if err != nil {
			return err
		}
		g.nodes.grow(i + 1)
		if err := c.node(i, p); err != nil {
			return r.damaged("%w", err)
		}
	}
	if err := c.entry(entry); err != nil {
		return r.damaged("%w", err)
	}
	return r.end()
}

// nodeChecker takes up the entries of a section nodes.
type nodeChecker struct {
	g           *graph
	n           int
	top, levels int
}

// node takes up entry i.
func (c *nodeChecker) node(i int, p []byte) error {
	level := int(p[0])
	// Levels are drawn with chance M^-l: their sum is about n/(M-1). What is
	// allowed here is far more, and keeps memory in proportion to the file.
	if level > maxLevel || c.levels+level > 2*c.n+maxLevel {
		return fmt.Errorf("vector number %d: level %d", i, level)
	}
	parent, twin := id(binary.LittleEndian.Uint32(p[1:])), id(binary.LittleEndian.Uint32(p[5:]))
	if max(int(parent), int(twin)) >= c.n || min(parent, twin) < none {
		return fmt.Errorf("vector number %d: parent %d, twin %d, but there are %d", i, parent, twin, c.n)
	}
	if twin != none && (level > 0 || parent != none) {
		return fmt.Errorf("vector number %d: a copy in the graph", i)
	}
	v := c.g.node(id(i))
	*v = node{upper: -1, twin: twin, prev: none, level: int8(level)}
	put(&v.parent, parent)
	if level > 0 {
		v.upper = int32(c.levels)
	}
	c.levels += level
	c.top = max(c.top, level)
	return nil
}

// entry takes up the entry point, once all nodes are there.
func (c *nodeChecker) entry(entry id) error {
	g := c.g
	switch {
	case entry == none && c.n > 0:
		return errors.New("no entry point")
	case entry < none || int(entry) >= c.n:
		return fmt.Errorf("the entry point is %d, but there are %d", entry, c.n)
	case entry == none:
		return nil
	case g.node(entry).twin != none || int(g.node(entry).level) != c.top:
		return errors.New("the entry point is not on the highest level")
	}
	g.entry.Store(int64(newEntry(entry, c.top)))
	g.upperRows = c.levels
	for i := range c.n {
		if twin := g.node(id(i)).twin; twin != none {
			if g.node(twin).twin != none {
				return fmt.Errorf("vector number %d: a copy of a copy", i)
			}
			g.joinCopies(id(i), twin)
		}
	}
	return nil
}

// checkCopies checks that copies are, and fills the map of twins.
func (g *graph) checkCopies(r *reader, n int) error {
	for i := range n {
		twin := g.node(id(i)).twin
		if twin != none {
			if !equal(g.arena.vector(twin), g.arena.vector(id(i))) {
				return r.damaged("vector number %d: no copy of number %d", i, twin)
			}
			continue
		}
		g.twins.add(g.vectorHashOf(id(i)), id(i), g.vectorHashOf)
	}
	return nil
}

func (g *graph) loadLinks(r *reader, n int) error {
	if err := r.section("links"); err != nil {
		return err
	}
	for i := range n {
		v := g.node(id(i))
		if v.twin != none {
			continue
		}
		for l := range int(v.level) + 1 {
			if l > 0 {
				g.upper.grow(int(v.upper) + l)
			}
			if err := g.loadList(r, id(i), l, n); err != nil {
				return err
			}
		}
	}
	return r.end()
}

func (g *graph) loadList(r *reader, at id, level, n int) error {
	p, err := r.next(2)
	if err != nil {
		return err
	}
	count := int(binary.LittleEndian.Uint16(p))
	slots := g.links(at, level)
	if count > len(slots) {
		return r.damaged("vector number %d, level %d: %d links, at most %d", at, level, count, len(slots))
	}
	for i := range count {
		c, err := r.id(n)
		if err != nil {
			return err
		}
		if err := g.checkLink(r, at, c, level, n, slots[:i]); err != nil {
			return err
		}
		put(&slots[i], c)
	}
	return nil
}

// checkTree checks that the parents form one tree over all nodes, with a link
// each way between parent and child, and counts the children.
func (g *graph) checkTree(r *reader, n int) error {
	roots := 0
	for i := range n {
		v := g.node(id(i))
		if v.twin != none {
			continue
		}
		if load(&v.parent) == none {
			roots++
			continue
		}
		parent := load(&v.parent)
		p := g.node(parent)
		p.children++
		if !g.linked(parent, id(i)) || !g.linked(id(i), parent) || int(p.children) >= 2*g.options.M {
			return r.damaged("vector number %d does not hang on its parent %d", i, parent)
		}
	}
	if n > 0 && roots != 1 {
		return r.damaged("%d roots, expected 1", roots)
	}
	// With one root and a parent for all others, what the root does not reach
	// going down hangs on a cycle.
	below := make([]uint8, n) // 1: on the path being climbed, 2: leads to the root
	for i := range n {
		at := id(i)
		for at != none && below[at] == 0 {
			below[at] = 1
			at = g.parent(at)
		}
		if at != none && below[at] == 1 {
			return r.damaged("vector number %d is its own ancestor", at)
		}
		for at := id(i); at != none && below[at] == 1; at = g.parent(at) {
			below[at] = 2
		}
	}
	return nil
}
