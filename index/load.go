package index

import (
	"encoding/binary"
	"io"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/codes"
	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/rows"
)

// Load reads an index that Save wrote, up to the end of r. It does not trust the file:
// whatever the contents, it returns an index in which every link, level and label is
// valid, or an error that names the section at fault.
func Load(r io.Reader) (Index, error) {
	in, err := container.NewReader(r)
	if err != nil {
		return nil, err
	}
	payload := make([]byte, optionsBytes[in.Version()])
	if err := in.Section("options"); err != nil {
		return nil, err
	}
	if err := in.Expect(uint64(len(payload))); err != nil {
		return nil, err
	}
	if err := in.Fill(payload); err != nil {
		return nil, err
	}
	if err := in.End(); err != nil {
		return nil, err
	}
	h, err := decodeHeader(payload)
	if err != nil {
		return nil, err
	}
	ix := h.create(in.Version())
	if err := ix.load(in); err != nil {
		return nil, err
	}
	if err := in.Finish(); err != nil {
		return nil, err
	}
	return ix, nil
}

// create returns an empty index with this header, of a file of a version.
func (h header) create(version int) kindIndex {
	s, _ := h.Kind.spec()
	ix := s.create(h.Options)
	ix.base().threadsSaved = h.Threads > 0
	if version == container.Coded || version == container.Kept || version >= container.Wide && !h.short {
		ix.base().lengthen()
	}
	ix.base().Arena.Whole = version < container.Tight
	ix.base().Arena.Later.Store(false)
	if h.lengths != usualLengths {
		ix.base().reach.Store(&h.lengths)
	}
	ix.base().logID = h.logID
	ix.base().changes.Store(h.changes)
	return ix
}

// load reads all sections after the options, in any version. g is nil for an index
// without a graph.
func (s *store) load(r *container.Reader, g *graph) error {
	n, err := s.loadLabels(r)
	if err == nil && r.Version() >= container.Kept {
		err = s.loadKept(r)
	}
	if err == nil && s.Arena.Space != nil && r.Version() >= container.Coded {
		err = s.loadCenter(r)
	}
	if err == nil && s.hasWidths(r.Version()) {
		err = s.loadWidths(r)
	}
	if err != nil {
		return err
	}
	if r.Version() >= 3 {
		err = s.loadArrays(r, g, n)
	} else {
		err = s.loadOld(r, g, n)
	}
	if err != nil {
		return err
	}
	s.Reserved.Store(int64(n))
	s.Count.Store(int64(n))
	s.recenter.Store(codes.NextCenter(n))
	return nil
}

func (s *store) loadLabels(r *container.Reader) (int, error) {
	if err := r.AlignedSection("labels"); err != nil {
		return 0, err
	}
	n := 0
	for ; r.More(); n++ {
		p, err := r.Next(8)
		if err != nil {
			return 0, err
		}
		label := int64(binary.LittleEndian.Uint64(p))
		if s.IDOf(label) != none || n == maxNodes {
			return 0, duplicateLabel(label)
		}
		s.Labels.Grow(n + 1)
		s.Labels.Row(n)[0] = label
		s.SetID(label, id(n))
		s.States.Grow(n + 1)
		s.Mark(id(n), rows.Ready)
	}
	return n, r.End()
}

func duplicateLabel(label int64) error {
	return container.Damaged("labels", "label %d occurs twice", label)
}

// loadArrays reads the sections after the labels from version 3 on.
func (s *store) loadArrays(r *container.Reader, g *graph, n int) error {
	if g != nil {
		if err := g.net.Load(r, n); err != nil {
			return err
		}
	}
	if s.Arena.Coded && r.Version() < container.Coded {
		if err := s.loadOldRecords(r, n); err != nil {
			return err
		}
	} else if err := rows.Load(r, "records", s.Arena.Records, n); err != nil {
		return err
	}
	if s.Arena.Coded && s.Arena.Form != arena.Codes {
		if err := rows.Load(r, "vectors", s.Arena.Vectors, n); err != nil {
			return err
		}
	}
	if s.Arena.Signs != nil {
		if err := rows.Load(r, "signs", s.Arena.Signs, arena.Blocks(n)); err != nil {
			return err
		}
	}
	if err := r.Blocks(); err != nil {
		return err
	}
	if err := s.checkArrays(g, n); err != nil {
		return err
	}
	if r.Version() < container.Coded {
		s.encodeAll(n)
	}
	return nil
}

// checkArrays checks the contents of the arrays.
func (s *store) checkArrays(g *graph, n int) error {
	section := "records"
	if s.Arena.Coded && s.Arena.Form != arena.Codes {
		section = "vectors"
	}
	if err := s.checkVectors(section, n); err != nil {
		return err
	}
	if g == nil {
		return nil
	}
	return g.net.CheckLoaded(n)
}

// checkVectors checks that the metric could have stored every vector.
func (s *store) checkVectors(section string, n int) error {
	for i := range n {
		if !s.valid(id(i)) {
			return container.Damaged(section, "label %d: invalid vector for metric %s", s.Label(id(i)), s.options.Metric)
		}
	}
	return nil
}
