package rows

import "sync/atomic"

// The state of an id, as bits of a word that is read without a lock. An id that is
// free or whose addition is not done is not ready.
const (
	// Ready: the addition is done.
	Ready = 1 << iota
	// Dead: the label was removed. No search returns the id.
	Dead
	// Condemned: a cleanup is removing all links to the id.
	Condemned
)

// Is reports whether n has one of the state bits.
func (r *Rows) Is(n id, bits uint32) bool { return r.States.Row(int(n))[0].Load()&bits != 0 }

// Mark sets state bits of n.
func (r *Rows) Mark(n id, bits uint32) { r.States.Row(int(n))[0].Or(bits) }

// Visible reports whether a search may return n.
func (r *Rows) Visible(n id) bool { return Visible(&r.States.Row(int(n))[0]) }

// Visible reports whether a search may return an id of that state.
func Visible(state *atomic.Uint32) bool { return state.Load()&(Ready|Dead) == Ready }

// Publish lets searches return n, which was added.
func (r *Rows) Publish(n id) {
	r.Count.Add(1)
	r.Mark(n, Ready)
}

// Retire lets ids be reused once no goroutine can see them. The caller holds Mu.
func (r *Rows) Retire(ids ...id) {
	if len(ids) > 0 {
		r.Limbo.Add(r.Pool.Advance(), ids...)
	}
}

// vacant returns an id for a new vector: a retired one that no goroutine can still see, or a
// new one. The caller holds Mu.
func (r *Rows) vacant() id {
	if at, ok := r.Limbo.Take(r.Pool.Oldest); ok {
		r.States.Row(int(at))[0].Store(0)
		return at
	}
	n := int(r.Reserved.Load())
	r.Arena.Grow(n + 1)
	r.Labels.Grow(n + 1)
	r.States.Grow(n + 1)
	return id(n)
}
