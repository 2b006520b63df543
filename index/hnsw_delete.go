package index

import (
	"runtime"
	"slices"
	"sync/atomic"
)

func (g *graph) Delete(labels ...int64) error {
	if err := g.remove(labels, g.drop); err != nil {
		return err
	}
	g.tidyAlone()
	return nil
}

// drop takes the vector of n away, whose label is gone. The caller holds shown
// and mu.
func (g *graph) drop(n id) {
	v := g.node(n)
	switch next := load(&v.next); {
	case v.twin != none:
		g.leaveCopies(n)
	case next != none: // the node goes on as that of a copy
		label := g.label(next)
		g.labels.row(int(n))[0] = label
		g.setID(label, n)
		g.leaveCopies(next)
	default:
		g.mark(n, dead)
		g.twins.remove(g.vectorHashOf(n), func(c id) bool { return c == n }, g.vectorHashOf)
		g.waiting = append(g.waiting, n)
		g.deleted.Add(1)
		g.round.owe()
	}
}

func (g *graph) Update(label int64, vector []float32) error {
	w := g.scratch.get()
	defer g.scratch.put(w)
	if same, err := g.check(w, label, vector); err != nil || same {
		return err
	}
	g.gate.RLock()
	defer g.gate.RUnlock()
	n, err := g.reserveAnother(label, w.query)
	if n != none {
		g.insert(w, n)
		err = g.exchange(label, n)
		g.lift(n)
	}
	g.tidy(w)
	return err
}

// reserveAnother stores a second vector for label and returns its node, which
// is still without links and which no search shows. When another node holds the
// same vector, label moves to a copy of it at once, and there is none to return.
func (g *graph) reserveAnother(label int64, vector []float32) (id, error) {
	h := hash(vector)
	for {
		n, again, err := g.tryReserve(label, vector, h)
		if !again {
			return n, err
		}
		runtime.Gosched() // the other node is on its way in
	}
}

func (g *graph) tryReserve(label int64, vector []float32, h uint64) (n id, again bool, err error) {
	g.shown.Lock()
	defer g.shown.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.current(label); !ok {
		return none, false, g.unknown(label)
	}
	twin := g.twinOf(h, vector)
	if twin != none && !g.is(twin, ready) {
		return none, true, nil
	}
	n = g.stow(label, vector, h, twin)
	if twin == none {
		return n, false, nil
	}
	return none, false, g.move(label, n)
}

// exchange lets searches find n under label in place of what was there. When
// the label was deleted meanwhile, n goes too.
func (g *graph) exchange(label int64, n id) error {
	g.shown.Lock()
	defer g.shown.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	err := g.move(label, n)
	if err != nil {
		// First, in case it goes on as the node of a copy.
		g.mark(n, ready)
		g.drop(n)
	}
	return err
}

// moves is where the last updates have put their labels. A walk during which a
// label moved may have met neither its old place nor its new one while it was
// there, so the new one is compared besides.
type moves struct {
	count atomic.Uint64 // written under shown
	last  [256]id       // under shown; the next at count % len
}

// move is replace that lets searches know. The caller holds shown and mu.
func (g *graph) move(label int64, n id) error {
	if err := g.replace(label, n, g.drop); err != nil {
		return err
	}
	m := &g.moves
	m.last[m.count.Load()%uint64(len(m.last))] = n
	m.count.Add(1)
	return nil
}

// gatherMoved offers the labels to w.top that have moved since there were so
// many moves. It fails when that is not known any more. The caller holds shown.
func (g *graph) gatherMoved(w *scratch, r request, since uint64) bool {
	m := &g.moves
	count := m.count.Load()
	if count-since > uint64(len(m.last)) {
		return false
	}
	for ; since < count; since++ {
		n := m.last[since%uint64(len(m.last))]
		label := g.label(n)
		found := slices.ContainsFunc(w.top.hits, func(h hit) bool { return h.label == label })
		if !found && g.shows(n) && (r.allow.all() || r.allow.label(label)) {
			g.offer(w, r, hit{g.distance(w.query, g.arena.vector(n)), label})
		}
	}
	return true
}
