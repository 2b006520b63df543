package index

import (
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/luminavec/luminavec/index/internal/hashing"
)

func (g *graph) Delete(labels ...int64) error {
	if err := g.remove(labels, g.drop); err != nil {
		return err
	}
	g.advanceCleanupAlone()
	return nil
}

// drop removes the vector of n, whose label is no longer in the table. The caller
// holds shown and mu.
func (g *graph) drop(n id) {
	v := g.node(n)
	switch next := load(&v.next); {
	case v.twin != none:
		g.leaveCopies(n)
	case next != none: // the node now represents one of its copies
		label := g.label(next)
		g.labels.Row(int(n))[0] = label
		g.setID(label, n)
		g.leaveCopies(next)
	default:
		g.mark(n, dead)
		g.twins.Remove(g.vectorHashOf(n), func(c id) bool { return c == n }, g.vectorHashOf)
		g.waiting = append(g.waiting, n)
		g.deleted.Add(1)
		g.cleanup.owe()
	}
}

func (g *graph) Update(label int64, vector []float32) error {
	w := g.scratch.Get()
	defer g.scratch.Put(w)
	if same, err := g.checkUpdate(w, label, vector); err != nil || same {
		return err
	}
	g.gate.RLock()
	defer g.gate.RUnlock()
	n, err := g.reserveUpdate(label, w.query)
	if n != none {
		g.insert(w, n)
		err = g.finishUpdate(label, w.query, n)
		g.raiseEntry(n)
	}
	g.advanceCleanup(w)
	return err
}

// reserveUpdate stores a second vector for label and returns its node, which has no
// links and is not visible to searches. If another node holds the same vector, label
// moves to a copy of it at once, and none is returned.
func (g *graph) reserveUpdate(label int64, vector []float32) (id, error) {
	stored := g.rounded(vector)
	h := hashing.Vector(stored)
	for {
		n, again, err := g.tryReserveUpdate(label, vector, stored, h)
		if !again {
			return n, err
		}
		runtime.Gosched() // another goroutine is inserting the other node
	}
}

func (g *graph) tryReserveUpdate(label int64, vector, stored []float32, h uint64) (n id, again bool, err error) {
	g.shown.Lock()
	defer g.shown.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.current(label); !ok {
		return none, false, g.unknown(label)
	}
	twin := g.twinOf(h, stored)
	if twin != none && !g.is(twin, ready) {
		return none, true, nil
	}
	n = g.newNode(label, vector, h, twin)
	if twin == none {
		return n, false, nil
	}
	return none, false, g.move(label, vector, n)
}

// finishUpdate lets searches find n under label instead of the old vector. If the
// label was deleted meanwhile, n is removed too.
func (g *graph) finishUpdate(label int64, vector []float32, n id) error {
	g.shown.Lock()
	defer g.shown.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	err := g.move(label, vector, n)
	if err != nil {
		// Marked first, in case the node now represents one of its copies.
		g.mark(n, ready)
		g.drop(n)
	}
	return err
}

// moves records where the last updates have moved their labels. A walk during which a
// label moved may have missed both the old and the new node, so it compares the new
// one separately.
type moves struct {
	count atomic.Uint64 // written under shown
	last  [256]id       // under shown; the next at count % len
}

// move is replace that records the move. The caller holds shown and mu.
func (g *graph) move(label int64, vector []float32, n id) error {
	if err := g.replace(label, vector, n, g.drop); err != nil {
		return err
	}
	m := &g.moves
	m.last[m.count.Load()%uint64(len(m.last))] = n
	m.count.Add(1)
	return nil
}

// gatherMoved offers to w.top the labels that were moved by updates after the first since
// ones. It reports false if those are no longer known. The caller holds shown.
func (g *graph) gatherMoved(w *scratch, r request, since uint64) bool {
	m := &g.moves
	count := m.count.Load()
	if count-since > uint64(len(m.last)) {
		return false
	}
	for ; since < count; since++ {
		n := m.last[since%uint64(len(m.last))]
		label := g.label(n)
		found := slices.ContainsFunc(w.top.Hits, func(h hit) bool { return h.Label == label })
		if !found && g.visible(n) && (r.allow.all() || r.allow.label(label)) {
			g.offer(w, r, hit{Distance: g.distance(w.query, g.arena.Vector(n)), Label: label})
		}
	}
	return true
}
