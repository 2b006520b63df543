package index

import (
	"encoding/binary"
	"math"

	"github.com/luminavec/luminavec/index/internal/container"
)

// loadOldRecords reads the section records of a file before version 5, for the links alone: its
// codes are not used any more.
func (s *store) loadOldRecords(r *container.Reader, n int) error {
	if err := r.AlignedSection("records"); err != nil {
		return err
	}
	code := ((s.options.Dim*s.arena.Bits+7)/8 + 8 + 63) / 64 * 16
	if err := r.Expect(uint64(n) * uint64(s.arena.Head+code) * 4); err != nil {
		return err
	}
	rest := make([]float32, code)
	for i := range n {
		s.arena.Records.Grow(i + 1)
		links := s.arena.Records.Row(i)[:s.arena.Head]
		if err := r.Fill(container.AsBytes(links)); err != nil {
			return err
		}
		container.SwapToLittleEndian(links)
		if err := r.Fill(container.AsBytes(rest)); err != nil {
			return err
		}
	}
	return r.End()
}

// loadOld reads the sections after the labels in versions 1 and 2.
func (s *store) loadOld(r *container.Reader, g *graph, n int) error {
	if err := s.loadVectors(r, n); err != nil || g == nil {
		return err
	}
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

func (s *store) loadVectors(r *container.Reader, n int) error {
	if err := r.Section("vectors"); err != nil {
		return err
	}
	dim := s.options.Dim
	if err := r.Expect(uint64(n) * uint64(dim) * 4); err != nil {
		return err
	}
	for i := range n {
		s.arena.Grow(i + 1)
		vector := s.arena.Vector(id(i))[:dim]
		for j := range vector {
			v, err := r.Uint32()
			if err != nil {
				return err
			}
			vector[j] = math.Float32frombits(v)
		}
	}
	if err := s.checkVectors("vectors", n); err != nil {
		return err
	}
	s.encodeAll(n)
	return r.End()
}

func (g *graph) loadLinks(r *container.Reader, n int) error {
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

func (g *graph) loadList(r *container.Reader, at id, level, n int) error {
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
