package index

import (
	"math"

	"github.com/luminavec/luminavec/index/internal/container"
)

// loadOldRecords reads the section records of a file before version 5, for the links alone: its
// codes are not used any more.
func (s *store) loadOldRecords(r *container.Reader, n int) error {
	if err := r.AlignedSection("records"); err != nil {
		return err
	}
	code := ((s.options.Dim*s.Arena.Bits+7)/8 + 8 + 63) / 64 * 16
	if err := r.Expect(uint64(n) * uint64(s.Arena.Head+code) * 4); err != nil {
		return err
	}
	rest := make([]float32, code)
	for i := range n {
		s.Arena.Records.Grow(i + 1)
		links := s.Arena.Records.Row(i)[:s.Arena.Head]
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
	return g.net.LoadOld(r, n)
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
		s.Arena.Grow(i + 1)
		vector := s.Arena.Vector(id(i))[:dim]
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
