package index

import "sync/atomic"

// What is known of an id beside its vector and label, as bits of a word that is
// read without a lock. An id that is free, or whose addition is not done, has
// none but perhaps the last two.
const (
	// ready: the addition is done.
	ready = 1 << iota
	// dead: the label was taken away. No search returns the id.
	dead
	// condemned: the graph is being freed of all links to the id (see round).
	condemned
)

func (s *store) is(n id, bit uint32) bool { return s.states.row(int(n))[0].Load()&bit != 0 }
func (s *store) mark(n id, bit uint32)    { s.states.row(int(n))[0].Or(bit) }

// shows says that a search may return n.
func (s *store) shows(n id) bool { return shows(&s.states.row(int(n))[0]) }

func shows(state *atomic.Uint32) bool { return state.Load()&(ready|dead) == ready }

// show lets searches return n, a vector more than before.
func (s *store) show(n id) {
	s.count.Add(1)
	s.mark(n, ready)
}

// retired is an id that nothing leads to any more, except for who began to look
// before the epoch.
type retired struct {
	id    id
	epoch uint64
}

// retire gives up ids that nothing leads to. The caller holds mu.
func (s *store) retire(ids ...id) {
	if len(ids) == 0 {
		return
	}
	epoch := s.scratch.advance()
	for _, n := range ids {
		s.limbo = append(s.limbo, retired{n, epoch})
	}
}

// vacant returns an id for a new vector: one that was given up and nobody can
// still see, or a new one. The caller holds mu.
func (s *store) vacant() id {
	if len(s.free) == 0 && len(s.limbo) > 0 {
		oldest, n := s.scratch.oldest(), 0
		for ; n < len(s.limbo) && s.limbo[n].epoch <= oldest; n++ {
			s.free = append(s.free, s.limbo[n].id)
		}
		s.limbo = s.limbo[n:]
	}
	if n := len(s.free); n > 0 {
		at := s.free[n-1]
		s.free = s.free[:n-1]
		s.states.row(int(at))[0].Store(0)
		return at
	}
	n := int(s.reserved.Load())
	s.arena.grow(n + 1)
	s.labels.grow(n + 1)
	s.states.grow(n + 1)
	return id(n)
}
