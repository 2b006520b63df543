package index

import (
	"slices"

	"github.com/luminavec/luminavec/index/internal/changelog"
	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/internal/fault"
)

func (s *store) unknown(label int64) error {
	return fault.New("only vectors that were added and not deleted since can be changed", "index: label %d is not in the index", label)
}

// current returns the id of a label whose addition is done. The caller holds Mu.
func (s *store) current(label int64) (id, bool) {
	n := s.IDOf(label)
	return n, n != none && s.Is(n, rows.Ready)
}

// remove implements Delete. drop removes an id whose label is no longer in the table.
func (s *store) remove(labels []int64, drop func(id)) error {
	if err := s.complete(); err != nil {
		return err
	}
	s.Gate.RLock()
	defer s.Gate.RUnlock()
	s.Shown.Lock()
	defer s.Shown.Unlock()
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for _, label := range labels {
		if _, ok := s.current(label); !ok {
			return s.unknown(label)
		}
	}
	for _, label := range labels {
		n := s.IDOf(label)
		if n == none {
			continue // listed twice
		}
		s.Forget(label)
		s.log(changelog.Deleted, label, nil)
		drop(n)
		s.Count.Add(-1)
	}
	return nil
}

// checkUpdate checks that label can get a new vector, which it writes, prepared, to
// w.Query. It reports whether the label has that vector already.
func (s *store) checkUpdate(w *scratch, label int64, vector []float32) (same bool, err error) {
	if err := s.complete(); err != nil {
		return false, err
	}
	if err := s.fits(w.Query, label, vector); err != nil {
		return false, err
	}
	s.recoding.RLock()
	defer s.recoding.RUnlock()
	stored := s.Rounded(w.Query)
	s.Mu.RLock()
	defer s.Mu.RUnlock()
	n, ok := s.current(label)
	if !ok {
		return false, s.unknown(label)
	}
	return slices.Equal(s.Read(w, n)[:s.options.Dim], stored[:s.options.Dim]), nil
}

// replace gives label to n, for which vector is stored, and drops its old id: searches see
// the old vector until then and the new one from then on. It fails if the label was
// deleted meanwhile. The caller holds Shown and Mu.
func (s *store) replace(label int64, vector []float32, n id, drop func(id)) error {
	old, ok := s.current(label)
	if !ok {
		return s.unknown(label)
	}
	s.SetID(label, n)
	s.Mark(n, rows.Ready)
	s.log(changelog.Updated, label, vector)
	drop(old)
	return nil
}

// update implements Update for a kind whose vectors become searchable at once. insert
// stores a prepared vector under a new id.
func (s *store) update(label int64, vector []float32, insert func(*scratch, int64) id, drop func(id)) error {
	w := s.Pool.Get()
	defer s.Pool.Put(w)
	if same, err := s.checkUpdate(w, label, vector); err != nil || same {
		return err
	}
	s.Gate.RLock()
	defer s.Gate.RUnlock()
	s.Shown.Lock()
	defer s.Shown.Unlock()
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if _, ok := s.current(label); !ok {
		return s.unknown(label)
	}
	return s.replace(label, w.Query, insert(w, label), drop)
}
