package index

import (
	"github.com/luminavec/luminavec/index/internal/changelog"
	"github.com/luminavec/luminavec/internal/fault"
)

func (s *store) unknown(label int64) error {
	return fault.New("only vectors that were added and not deleted since can be changed", "index: label %d is not in the index", label)
}

// current returns the id of a label whose addition is done. The caller holds mu.
func (s *store) current(label int64) (id, bool) {
	n := s.idOf(label)
	return n, n != none && s.is(n, ready)
}

// remove implements Delete. drop removes an id whose label is no longer in the table.
func (s *store) remove(labels []int64, drop func(id)) error {
	if err := s.complete(); err != nil {
		return err
	}
	s.gate.RLock()
	defer s.gate.RUnlock()
	s.shown.Lock()
	defer s.shown.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, label := range labels {
		if _, ok := s.current(label); !ok {
			return s.unknown(label)
		}
	}
	for _, label := range labels {
		n := s.idOf(label)
		if n == none {
			continue // listed twice
		}
		s.forget(label)
		s.log(changelog.Deleted, label, nil)
		drop(n)
		s.count.Add(-1)
	}
	return nil
}

// checkUpdate checks that label can get a new vector, which it writes, prepared, to
// w.query. It reports whether the label has that vector already.
func (s *store) checkUpdate(w *scratch, label int64, vector []float32) (same bool, err error) {
	if err := s.complete(); err != nil {
		return false, err
	}
	if err := s.fits(w.query, label, vector); err != nil {
		return false, err
	}
	s.recoding.RLock()
	defer s.recoding.RUnlock()
	stored := s.rounded(w.query)
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, ok := s.current(label)
	if !ok {
		return false, s.unknown(label)
	}
	return equal(s.vector(w, n)[:s.options.Dim], stored), nil
}

// replace gives label to n, for which vector is stored, and drops its old id: searches see
// the old vector until then and the new one from then on. It fails if the label was
// deleted meanwhile. The caller holds shown and mu.
func (s *store) replace(label int64, vector []float32, n id, drop func(id)) error {
	old, ok := s.current(label)
	if !ok {
		return s.unknown(label)
	}
	s.setID(label, n)
	s.mark(n, ready)
	s.log(changelog.Updated, label, vector)
	drop(old)
	return nil
}

// update implements Update for a kind whose vectors become searchable at once. insert
// stores a prepared vector under a new id.
func (s *store) update(label int64, vector []float32, insert func(*scratch, int64) id, drop func(id)) error {
	w := s.scratch.Get()
	defer s.scratch.Put(w)
	if same, err := s.checkUpdate(w, label, vector); err != nil || same {
		return err
	}
	s.gate.RLock()
	defer s.gate.RUnlock()
	s.shown.Lock()
	defer s.shown.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.current(label); !ok {
		return s.unknown(label)
	}
	return s.replace(label, w.query, insert(w, label), drop)
}
