package index

import (
	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/codes"
	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/vectors"
)

// center takes a new center if it is time, before n vectors are added, packed in added, or one if that
// is nil. Changes and searches that use codes wait meanwhile. The caller holds no lock.
func (s *store) center(n int, added []float32) {
	total := s.Len() + n
	if s.Arena.Later.Load() || s.options.Quantization == NoQuantization || s.isWideIndex() || int64(total) < max(codes.FirstCenter, s.recenter.Load()) {
		return
	}
	s.Gate.Lock()
	defer s.Gate.Unlock()
	if int64(total) < s.recenter.Load() || s.Arena.Form != arena.Full {
		return // another addition was faster, or it stays
	}
	s.recenter.Store(codes.NextCenter(total))
	dim, reserved := s.options.Dim, int(s.Reserved.Load())
	vector := func(i int) []float32 {
		if i >= reserved {
			x := make([]float32, dim)
			at := (i - reserved) * dim
			if _, err := s.options.Metric.prepare(x, added[at:at+dim]); err != nil {
				return nil
			}
			return x
		}
		if !s.Visible(id(i)) {
			return nil
		}
		return s.Arena.Vector(id(i))[:dim]
	}
	if center, spread := codes.CenterOf(reserved+len(added)/dim, dim, vector); center != nil && s.Arena.Space.Moved(center, spread) {
		s.recode(center, reserved)
	}
}

// recode makes center the center of the codes of the first n vectors. The caller holds Gate exclusively.
func (s *store) recode(center []float32, n int) {
	s.recoding.Lock()
	defer s.recoding.Unlock()
	s.Arena.Space = codes.NewSpace(s.Arena.Space.Rotation, center, s.options.Metric == Euclidean)
	s.Arena.EncodeAll(n)
	if s.recoded != nil {
		s.recoded(n)
	}
}

// encodeNow computes the codes and signs that a search is about to use, if that has not been done. Those of a flat index
// whose vectors Save replaces by others would be computed twice. The caller holds no lock.
func (s *store) encodeNow() {
	if !s.Arena.Later.Load() {
		return
	}
	s.Gate.Lock()
	defer s.Gate.Unlock()
	s.recoding.Lock()
	defer s.recoding.Unlock()
	n := int(s.Reserved.Load())
	if !s.Arena.Later.Load() || s.Len() == 0 {
		return
	}
	s.Arena.Space = codes.NewSpace(s.Arena.Space.Rotation, s.goodCenter(n), s.options.Metric == Euclidean)
	s.Arena.EncodeAll(n)
	s.Arena.Later.Store(false)
	s.recenter.Store(codes.NextCenter(n))
}

// goodCenter returns the center of the first n vectors, or nil.
func (s *store) goodCenter(n int) []float32 {
	if s.isWideIndex() {
		return nil // short vectors would be rounded like those of the length of the center
	}
	center, _ := codes.CenterOf(n, s.options.Dim, func(i int) []float32 {
		if !s.Visible(id(i)) {
			return nil
		}
		return s.Arena.Vector(id(i))[:s.options.Dim]
	})
	return center
}

// encodeAll computes the codes of n loaded vectors.
func (s *store) encodeAll(n int) {
	if s.Arena.Space == nil {
		return
	}
	center, _ := codes.CenterOf(n, s.options.Dim, func(i int) []float32 { return s.Arena.Vector(id(i))[:s.options.Dim] })
	s.recode(center, n)
}

// saveSigns writes the section signs.
func (s *store) saveSigns(w *container.Writer, ids []id) {
	w.BlockedSection("signs", arena.Blocks(len(ids))*s.Arena.Signs.Width()*4)
	s.Arena.PackSigns(ids, int(s.Reserved.Load()), func(block []float32) { writeFloats(w, block) })
	w.End()
}

// loadCenter reads the section center.
func (s *store) loadCenter(r *container.Reader) error {
	if err := r.AlignedSection("center"); err != nil {
		return err
	}
	if err := r.Expect(uint64(s.options.Dim) * 4); err != nil {
		return err
	}
	center := make([]float32, s.options.Dim)
	if err := r.Fill(container.AsBytes(center)); err != nil {
		return err
	}
	container.SwapToLittleEndian(center)
	if err := s.adoptCenter(center); err != nil {
		return err
	}
	return r.End()
}

// hasWidths reports whether a file of a version has the section widths.
func (s *store) hasWidths(version int) bool {
	return s.options.Kind == HNSW && (version >= container.Kept || version >= container.Coded && s.Arena.Space != nil)
}

// loadWidths reads the section widths.
func (s *store) loadWidths(r *container.Reader) error {
	payload, err := r.Whole("widths", widthsBytes(r.Version()))
	if err != nil {
		return err
	}
	return s.adoptWidths(payload, r.Version())
}

// loadKept reads the section kept.
func (s *store) loadKept(r *container.Reader) error {
	payload, err := r.Whole("kept", keptBytes)
	if err != nil {
		return err
	}
	return s.adoptKept(payload)
}

// openCenter uses the section center.
func (s *store) openCenter(m *container.Image) error {
	section, err := m.AlignedSection("center", 1, s.options.Dim*4)
	if err == nil {
		err = section.Check()
	}
	if err != nil {
		return err
	}
	return s.adoptCenter(append([]float32(nil), container.AsNumbers[float32](section.Payload())...))
}

// openSmall uses the payload of a section that is checked at once.
func openSmall(m *container.Image, name string, adopt func([]byte) error) error {
	section, err := m.Section(name)
	if err == nil {
		err = section.Check()
	}
	if err != nil {
		return err
	}
	return adopt(section.Payload())
}

func (s *store) adoptCenter(center []float32) error {
	if s.Arena.Space == nil {
		return container.Damaged("center", "the index has no quantization")
	}
	if !vectors.Storable(center, false, s.lengths().most) {
		return container.Damaged("center", "it is not a vector of the index")
	}
	s.Arena.Space = codes.NewSpace(s.Arena.Space.Rotation, center, s.options.Metric == Euclidean)
	return nil
}
