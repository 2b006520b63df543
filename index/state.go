package index

import "sync/atomic"

// The state of an id, as bits of a word that is read without a lock. An id that is
// free or whose addition is not done is not ready.
const (
	// ready: the addition is done.
	ready = 1 << iota
	// dead: the label was removed. No search returns the id.
	dead
	// condemned: a cleanup is removing all links to the id.
	condemned
)

func (s *store) is(n id, bit uint32) bool { return s.states.Row(int(n))[0].Load()&bit != 0 }
func (s *store) mark(n id, bit uint32)    { s.states.Row(int(n))[0].Or(bit) }

// visible reports whether a search may return n.
func (s *store) visible(n id) bool { return visible(&s.states.Row(int(n))[0]) }

func visible(state *atomic.Uint32) bool { return state.Load()&(ready|dead) == ready }

// publish lets searches return n, which was added.
func (s *store) publish(n id) {
	s.count.Add(1)
	s.mark(n, ready)
}

// retire lets ids be reused once no goroutine can see them. The caller holds mu.
func (s *store) retire(ids ...id) {
	if len(ids) > 0 {
		s.limbo.Add(s.scratch.Advance(), ids...)
	}
}

// vacant returns an id for a new vector: a retired one that no goroutine can still see, or a
// new one. The caller holds mu.
func (s *store) vacant() id {
	if at, ok := s.limbo.Take(s.scratch.Oldest); ok {
		s.states.Row(int(at))[0].Store(0)
		return at
	}
	n := int(s.reserved.Load())
	s.arena.Grow(n + 1)
	s.labels.Grow(n + 1)
	s.states.Grow(n + 1)
	return id(n)
}
