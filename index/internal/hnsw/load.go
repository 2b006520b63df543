package hnsw

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/idtable"
	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/index/internal/walk"
)

// nodeBytes is the length of an entry of the section nodes.
const nodeBytes = 1 + 4 + 4

// Load reads the sections nodes and upper of a file since version 3.
func (g *Graph) Load(r *container.Reader, n int) error {
	if err := g.loadNodes(r, n); err != nil {
		return err
	}
	return rows.Load(r, "upper", g.upper, g.upperRows)
}

// CheckLoaded checks the n nodes that were read or opened, and their links, and counts the children.
func (g *Graph) CheckLoaded(n int) error {
	if err := g.checkCopies(n); err != nil {
		return err
	}
	if err := g.checkLinks(n, 0); err != nil {
		return err
	}
	return g.checkTree(n)
}

// loadNodes reads the section nodes and sets the entry point.
func (g *Graph) loadNodes(r *container.Reader, n int) error {
	if err := r.Section("nodes"); err != nil {
		return err
	}
	if err := r.Expect(4 + uint64(n)*nodeBytes); err != nil {
		return err
	}
	p, err := r.Next(4)
	if err != nil {
		return err
	}
	entry := id(binary.LittleEndian.Uint32(p))
	d := nodeDecoder{g: g, n: n}
	for i := range n {
		p, err := r.Next(nodeBytes)
		if err != nil {
			return err
		}
		g.nodes.Grow(i + 1)
		if err := d.node(i, p); err != nil {
			return r.Damaged("%w", err)
		}
	}
	if err := d.entry(entry); err != nil {
		return r.Damaged("%w", err)
	}
	return r.End()
}

// nodeDecoder decodes and checks the section nodes.
type nodeDecoder struct {
	g           *Graph
	n           int
	top, levels int
}

// node decodes entry i.
func (d *nodeDecoder) node(i int, p []byte) error {
	level := int(p[0])
	// Levels are drawn with probability M^-l, so their sum is about n/(M-1). This limit
	// is far above it, and keeps the memory in proportion to the file.
	if level > maxLevel || d.levels+level > 2*d.n+maxLevel {
		return fmt.Errorf("vector %d: invalid level %d", i, level)
	}
	parent, twin := id(binary.LittleEndian.Uint32(p[1:])), id(binary.LittleEndian.Uint32(p[5:]))
	if max(int(parent), int(twin)) >= d.n || min(parent, twin) < none {
		return fmt.Errorf("vector %d: invalid parent %d or twin %d among %d vectors", i, parent, twin, d.n)
	}
	if twin != none && (level > 0 || parent != none) {
		return fmt.Errorf("vector %d: it is a copy, but also a node of the graph", i)
	}
	v := d.g.node(id(i))
	*v = node{upper: -1, twin: twin, prev: none, level: int8(level)}
	put(&v.parent, parent)
	if level > 0 {
		v.upper = int32(d.levels)
	}
	d.levels += level
	d.top = max(d.top, level)
	return nil
}

// entry sets the entry point after all nodes were decoded.
func (d *nodeDecoder) entry(entry id) error {
	g := d.g
	switch {
	case entry == none && d.n > 0:
		return errors.New("missing entry point")
	case entry < none || int(entry) >= d.n:
		return fmt.Errorf("invalid entry point %d among %d vectors", entry, d.n)
	case entry == none:
		return nil
	case g.node(entry).twin != none || int(g.node(entry).level) != d.top:
		return errors.New("the entry point is not on the highest level")
	}
	g.entry.Store(int64(newEntry(entry, d.top)))
	g.upperRows = d.levels
	for i := range d.n {
		if twin := g.node(id(i)).twin; twin != none {
			if g.node(twin).twin != none {
				return fmt.Errorf("vector %d: a copy of a copy", i)
			}
			g.joinCopies(id(i), twin)
		}
	}
	return nil
}

// checkCopies checks that copies are equal to their twins, and fills the table of twins.
func (g *Graph) checkCopies(n int) error {
	for i := range n {
		twin := g.node(id(i)).twin
		if twin != none {
			if !equal(g.Arena.Vector(twin), g.Arena.Vector(id(i))) {
				return container.Damaged("nodes", "vector %d is not a copy of vector %d", i, twin)
			}
		}
	}
	g.fillTwins(n)
	return nil
}

// fillTwins fills the table of twins, of which the first n ids are visible if they are in use.
func (g *Graph) fillTwins(n int) {
	hashes := make([]uint64, n)
	of := func(n id) uint64 { return hashes[n] }
	g.twins = idtable.Table[id]{}
	for i := range n {
		if g.Is(id(i), rows.Ready) && g.node(id(i)).twin == none {
			hashes[i] = g.vectorHashOf(id(i))
			g.twins.Add(hashes[i], id(i), of)
		}
	}
}

// checkLinks checks the links of all nodes, from a level up.
func (g *Graph) checkLinks(n, from int) error {
	for i := range n {
		v := g.node(id(i))
		for l := from; l <= int(v.level); l++ {
			section := "upper"
			if l == 0 {
				section = "records"
			}
			slots := g.links(id(i), l)
			for j := range slots {
				c := load(&slots[j])
				if c == none {
					continue
				}
				if v.twin != none {
					return container.Damaged(section, "vector %d: it is a copy, but has links", i)
				}
				if err := g.checkLink(section, id(i), c, l, n, slots[:j]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// checkLink checks a link from node at to c, which follows others on its level.
func (g *Graph) checkLink(section string, at, c id, level, n int, before []slot) error {
	if c < 0 || int(c) >= n || c == at || g.node(c).twin != none || int(g.node(c).level) < level {
		return container.Damaged(section, "vector %d, level %d: invalid link to %d", at, level, c)
	}
	for j := range before {
		if load(&before[j]) == c {
			return container.Damaged(section, "vector %d, level %d: two links to %d", at, level, c)
		}
	}
	return nil
}

// checkTree checks that the parents form a single tree of all nodes, with a link in
// each direction between parent and child, and counts the children.
func (g *Graph) checkTree(n int) error {
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
		if !g.linked(parent, id(i)) || !g.linked(id(i), parent) || int(p.children) >= 2*g.M {
			return container.Damaged("nodes", "vector %d is not linked with its parent %d", i, parent)
		}
	}
	if n > 0 && roots != 1 {
		return container.Damaged("nodes", "the tree has %d roots, expected 1", roots)
	}
	// With a single root and a parent for every other node, a node that the root does
	// not reach is on a cycle or below one.
	if at := walk.Cycle(n, g.parent); at != none {
		return container.Damaged("nodes", "vector %d is its own ancestor", at)
	}
	return nil
}
