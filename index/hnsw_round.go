package index

import (
	"sync"
	"sync/atomic"
)

// A round removes nodes that were deleted from the graph. A deleted node is
// passed through by walks and returned by none; meanwhile it takes up room, and
// the walks' time. When there are enough of them a round begins, and every
// change to the index does a share of it, so that none waits long:
//
//  1. The nodes are condemned: no insertion links to them any more. The round
//     goes on when the insertions that began before are done.
//  2. Each leaves the tree; its children get other parents (orphan).
//  3. Every other node drops its links to them, and chooses anew among the
//     neighbours it has left and those that it would have reached through the
//     ones it loses (as in FreshDiskANN, Singh et al. 2021, arXiv:2105.09613,
//     Algorithm 4).
//  4. The ids are given up: they are free for new vectors when the searches
//     that began before are done.
type round struct {
	mu    sync.Mutex
	debt  atomic.Int64 // steps that changes have not yet done
	phase phase
	gone  []id   // the nodes that it removes
	epoch uint64 // of their condemnation
	main  id     // the top of the tree that is left
	at    int    // the next of gone, or of all ids
	end   int    // ids there are to look at
}

type phase uint8

const (
	atRest phase = iota
	condemning
	orphaning
	sweeping
)

const (
	// stepsPerChange is how much of a round a change does: nodes swept. A round
	// so ends after a number of changes that is this part of the nodes, and a
	// walk meets hardly more than 2/8 of deleted ones.
	stepsPerChange = 8
	// fewDeleted is the part of the nodes up to which no round begins.
	fewDeleted = 64
	// maxDebt is how many steps may be open before changes wait for each other.
	maxDebt = 1 << 12
)

func (r *round) owe() { r.debt.Add(stepsPerChange) }

// tidy does the share of a change whose own work is done, while it holds gate.
func (g *graph) tidy(w *scratch) {
	if g.deleted.Load() == 0 {
		return
	}
	r := &g.round
	r.owe()
	if r.debt.Load() > maxDebt {
		r.mu.Lock()
	} else if !r.mu.TryLock() {
		return
	}
	defer r.mu.Unlock()
	g.scratch.renew(w) // lest the round wait for this change
	for r.debt.Load() > 0 {
		steps := g.step(w, false)
		if steps == 0 {
			r.debt.Store(min(r.debt.Load(), maxDebt))
			break
		}
		r.debt.Add(-steps)
	}
}

// tidyAlone is tidy for who holds neither gate nor a scratch.
func (g *graph) tidyAlone() {
	if g.deleted.Load() == 0 {
		return
	}
	w := g.scratch.get()
	defer g.scratch.put(w)
	g.gate.RLock()
	defer g.gate.RUnlock()
	g.tidy(w)
}

// settle removes all deleted nodes. The caller holds gate alone.
func (g *graph) settle() {
	w := g.scratch.get()
	defer g.scratch.put(w)
	r := &g.round
	r.mu.Lock()
	defer r.mu.Unlock()
	for g.deleted.Load() > 0 {
		g.step(w, true)
	}
	r.debt.Store(0)
}

// step does a little of a round and returns how much, in nodes swept; 0 when it
// can do nothing now. With alone set there are no other changes.
func (g *graph) step(w *scratch, alone bool) int64 {
	r := &g.round
	switch r.phase {
	case atRest:
		return g.condemn(alone)
	case condemning:
		if !alone && g.scratch.oldest() < r.epoch || !g.leaveEntry() {
			return 0
		}
		r.phase, r.at, r.main = orphaning, 0, none
		if e := g.entryPoint(); e != noEntry {
			r.main = g.keepRoot(e.id())
		}
		return 1
	case orphaning:
		if r.main == none || r.at == len(r.gone) {
			r.phase, r.at, r.end = sweeping, 0, int(g.reserved.Load())
			return 1
		}
		g.orphan(w, r.gone[r.at], r.main)
		r.at++
		return 2
	}
	for range 64 { // places without a node cost little
		if r.at == r.end {
			g.endRound()
			return 1
		}
		n := id(r.at)
		r.at++
		if g.stays(n) && g.node(n).twin == none {
			for l := range int(g.node(n).level) + 1 {
				g.repair(w, n, l)
			}
			break
		}
	}
	return 1
}

// keepRoot returns the root of the tree if it stays, else the highest node above
// n that does, which it makes a root.
func (g *graph) keepRoot(n id) id {
	root := n
	for p := g.parent(root); p != none; p = g.parent(root) {
		root = p
	}
	if g.is(root, condemned) {
		root = g.top(n)
		put(&g.node(root).parent, none)
	}
	return root
}

// condemn begins a round when there is enough to do.
func (g *graph) condemn(alone bool) int64 {
	r := &g.round
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 || !alone && len(g.waiting) < g.Len()/fewDeleted {
		return 0
	}
	r.gone, g.waiting = g.waiting, nil
	for _, n := range r.gone {
		g.mark(n, condemned)
	}
	r.epoch = g.scratch.advance()
	r.phase = condemning
	return 1
}

// stays says that an addition of n is done and no round removes it. It looks once:
// between two looks n may be given to another vector.
func (g *graph) stays(n id) bool {
	return g.states.row(int(n))[0].Load()&(ready|condemned) == ready
}

// leaveEntry makes another node the entry point when it is condemned: one on
// the highest level there is. It fails when an insertion is about to raise it.
func (g *graph) leaveEntry() bool {
	if !g.raise.TryLock() {
		return false
	}
	defer g.raise.Unlock()
	if e := g.entryPoint(); e == noEntry || !g.is(e.id(), condemned) {
		return true
	}
	best := noEntry
	for i := range int(g.reserved.Load()) {
		n := id(i)
		if !g.stays(n) || g.node(n).twin != none {
			continue
		}
		if e := newEntry(n, int(g.node(n).level)); best == noEntry || e.level() > best.level() {
			best = e
		}
	}
	g.entry.Store(int64(best))
	return true
}

// repair drops n's links to condemned nodes, for the best of what is near.
func (g *graph) repair(w *scratch, n id, level int) {
	slots := g.links(n, level)
	lost := false
	for i := range slots {
		c := load(&slots[i])
		lost = lost || c != none && g.is(c, condemned)
	}
	if !lost {
		return
	}
	mu := g.lock(n)
	mu.Lock()
	defer mu.Unlock()
	w.seen.start(int(g.reserved.Load()))
	w.seen.add(n)
	w.offers = w.offers[:0]
	g.candidates(w, n, n, level, condemned)
	for i := range slots {
		if c := load(&slots[i]); c != none && g.is(c, condemned) {
			g.candidates(w, n, c, level, dead)
			put(&slots[i], none)
		}
	}
	g.choose(w, n, level, w.offers)
}

// endRound gives up the nodes that nothing leads to any more.
func (g *graph) endRound() {
	r := &g.round
	g.mu.Lock()
	defer g.mu.Unlock()
	g.retire(r.gone...)
	g.deleted.Add(-int64(len(r.gone)))
	r.phase, r.gone = atRest, nil
}
