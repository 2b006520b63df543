package hnsw

import (
	"encoding/binary"

	"github.com/luminavec/luminavec/index/internal/container"
)

// LoadOld reads the sections nodes and links of a file of version 1 or 2.
func (g *Graph) LoadOld(r *container.Reader, n int) error {
	if err := g.loadNodes(r, n); err != nil {
		return err
	}
	if err := g.checkCopies(n); err != nil {
		return err
	}
	if err := g.loadLinks(r, n); err != nil {
		return err
	}
	return g.checkTree(n)
}

func (g *Graph) loadLinks(r *container.Reader, n int) error {
	if err := r.Section("links"); err != nil {
		return err
	}
	for i := range n {
		v := g.node(id(i))
		if v.twin != none {
			continue
		}
		for l := range int(v.level) + 1 {
			if l > 0 {
				g.upper.Grow(int(v.upper) + l)
			}
			if err := g.loadList(r, id(i), l, n); err != nil {
				return err
			}
		}
	}
	return r.End()
}

func (g *Graph) loadList(r *container.Reader, at id, level, n int) error {
	p, err := r.Next(2)
	if err != nil {
		return err
	}
	count := int(binary.LittleEndian.Uint16(p))
	slots := g.links(at, level)
	if count > len(slots) {
		return r.Damaged("vector %d, level %d: it has %d links, at most %d are possible", at, level, count, len(slots))
	}
	for i := range count {
		v, err := r.Uint32()
		if err != nil {
			return err
		}
		c := id(v)
		if err := g.checkLink("links", at, c, level, n, slots[:i]); err != nil {
			return err
		}
		put(&slots[i], c)
	}
	return nil
}
