package index

import (
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/index/internal/rows"
)

func (g *graph) Delete(labels ...int64) error {
	if err := g.remove(labels, g.net.Drop); err != nil {
		return err
	}
	g.net.AdvanceCleanupAlone()
	return nil
}

func (g *graph) Update(label int64, vector []float32) error {
	w := g.Pool.Get()
	defer g.Pool.Put(w)
	if same, err := g.checkUpdate(w, label, vector); err != nil || same {
		return err
	}
	g.Gate.RLock()
	defer g.Gate.RUnlock()
	n, err := g.reserveUpdate(label, w.Query)
	if n != none {
		g.net.Insert(w, n)
		err = g.finishUpdate(label, w.Query, n)
		g.net.RaiseEntry(n)
	}
	g.net.AdvanceCleanup(w)
	return err
}

// reserveUpdate stores a second vector for label and returns its node, which has no
// links and is not visible to searches. If another node holds the same vector, label
// moves to a copy of it at once, and none is returned.
func (g *graph) reserveUpdate(label int64, vector []float32) (id, error) {
	stored := g.Rounded(vector)
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
	g.Shown.Lock()
	defer g.Shown.Unlock()
	g.Mu.Lock()
	defer g.Mu.Unlock()
	if _, ok := g.current(label); !ok {
		return none, false, g.unknown(label)
	}
	twin := g.net.TwinOf(h, stored)
	if twin != none && !g.Is(twin, rows.Ready) {
		return none, true, nil
	}
	n = g.net.NewNode(label, vector, h, twin)
	if twin == none {
		return n, false, nil
	}
	return none, false, g.move(label, vector, n)
}

// finishUpdate lets searches find n under label instead of the old vector. If the
// label was deleted meanwhile, n is removed too.
func (g *graph) finishUpdate(label int64, vector []float32, n id) error {
	g.Shown.Lock()
	defer g.Shown.Unlock()
	g.Mu.Lock()
	defer g.Mu.Unlock()
	err := g.move(label, vector, n)
	if err != nil {
		// Marked first, in case the node now represents one of its copies.
		g.Mark(n, rows.Ready)
		g.net.Drop(n)
	}
	return err
}

// moves records where the last updates have moved their labels. A walk during which a
// label moved may have missed both the old and the new node, so it compares the new
// one separately.
type moves struct {
	count atomic.Uint64 // written under Shown
	last  [256]id       // under Shown; the next at count % len
}

// move is replace that records the move. The caller holds Shown and Mu.
func (g *graph) move(label int64, vector []float32, n id) error {
	if err := g.replace(label, vector, n, g.net.Drop); err != nil {
		return err
	}
	m := &g.moves
	m.last[m.count.Load()%uint64(len(m.last))] = n
	m.count.Add(1)
	return nil
}

// gatherMoved offers to w.Top the labels that were moved by updates after the first since
// ones. It reports false if those are no longer known. The caller holds Shown.
func (g *graph) gatherMoved(w *scratch, r request, since uint64) bool {
	m := &g.moves
	count := m.count.Load()
	if count-since > uint64(len(m.last)) {
		return false
	}
	for ; since < count; since++ {
		n := m.last[since%uint64(len(m.last))]
		label := g.Label(n)
		found := slices.ContainsFunc(w.Top.Hits, func(h hit) bool { return h.Label == label })
		if !found && g.Visible(n) && (r.allow.All() || r.allow.Label(label)) {
			g.offer(w, r, hit{Distance: g.Distance(w.Query, g.Arena.Vector(n)), Label: label})
		}
	}
	return true
}
