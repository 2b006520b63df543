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

// retired is an id that is no longer linked to. Goroutines that began before the epoch may
// still see it.
type retired struct {
	id    id
	epoch uint64
}

// retire lets ids be reused once no goroutine can see them. The caller holds mu.
func (s *store) retire(ids ...id) {
	if len(ids) == 0 {
		return
	}
	epoch := s.scratch.Advance()
	for _, n := range ids {
		s.limbo = append(s.limbo, retired{n, epoch})
	}
}

// vacant returns an id for a new vector: a retired one that no goroutine can still see, or a
// new one. The caller holds mu.
func (s *store) vacant() id {
	if len(s.free) == 0 && len(s.limbo) > 0 {
		oldest, n := s.scratch.Oldest(), 0
		for ; n < len(s.limbo) && s.limbo[n].epoch <= oldest; n++ {
			s.free = append(s.free, s.limbo[n].id)
		}
		s.limbo = s.limbo[n:]
	}
	if n := len(s.free); n > 0 {
		at := s.free[n-1]
		s.free = s.free[:n-1]
		s.states.Row(int(at))[0].Store(0)
		return at
	}
	n := int(s.reserved.Load())
	s.arena.Grow(n + 1)
	s.labels.Grow(n + 1)
	s.states.Grow(n + 1)
	return id(n)
}
