package index

import (
	"github.com/luminavec/luminavec/internal/fault"
)

func (s *store) unknown(label int64) error {
	return fault.New("only what was added, and not deleted since, can be changed", "index: label %d is not in the index", label)
}

// current is the id of a label whose addition is done. The caller holds mu.
func (s *store) current(label int64) (id, bool) {
	n := s.idOf(label)
	return n, n != none && s.is(n, ready)
}

// remove is Delete, with drop to take an id away whose label is gone.
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
			continue // named twice
		}
		s.forget(label)
		s.note(deleted, label, nil)
		drop(n)
		s.count.Add(-1)
	}
	return nil
}

// check makes sure that label may get a new vector, which it writes, prepared,
// to w.query. It says when there is nothing to do: the vector is that already.
func (s *store) check(w *scratch, label int64, vector []float32) (same bool, err error) {
	if err := s.complete(); err != nil {
		return false, err
	}
	if err := s.fits(w.query, label, vector); err != nil {
		return false, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, ok := s.current(label)
	if !ok {
		return false, s.unknown(label)
	}
	return equal(s.arena.vector(n)[:s.options.Dim], w.query), nil
}

// replace gives label to n, whose vector is in place, and takes it from the id
// that has it: searches see the one until then and the other from then on. It
// fails when the label was deleted meanwhile. The caller holds shown and mu.
func (s *store) replace(label int64, n id, drop func(id)) error {
	old, ok := s.current(label)
	if !ok {
		return s.unknown(label)
	}
	s.setID(label, n)
	s.mark(n, ready)
	s.note(updated, label, s.arena.vector(n))
	drop(old)
	return nil
}
