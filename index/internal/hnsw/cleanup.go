package hnsw

import (
	"sync"
	"sync/atomic"

	"github.com/luminavec/luminavec/index/internal/rows"
)

// A cleanup removes deleted nodes from the graph. Walks pass through a deleted node
// but do not return it; meanwhile it costs memory and the walks' time. When there are
// enough of them a cleanup begins, and every change to the index does a share of it,
// so that none waits long:
//
//  1. The nodes are condemned: insertions no longer link to them. The cleanup
//     continues when the insertions that began before are done.
//  2. Each is removed from the spanning tree; its children get other parents.
//  3. Every other node drops its links to them, and chooses again among its
//     remaining neighbors and those that it would have reached through the lost ones
//     (as in FreshDiskANN, Singh et al. 2021, arXiv:2105.09613, Algorithm 4).
//  4. Their ids are retired: they are free for new vectors when the searches that
//     began before are done.
type cleanup struct {
	turn  sync.Mutex
	debt  atomic.Int64 // steps that changes still have to do
	phase phase
	gone  []id   // the nodes to remove
	epoch uint64 // when they were rows.Condemned
	main  id     // the top of the remaining tree
	at    int    // the next of gone, or of all ids
	end   int    // number of ids to process
}

type phase uint8

const (
	idle phase = iota
	condemning
	removing // from the tree
	sweeping
)

const (
	// stepsPerChange is the number of nodes that a change sweeps during a cleanup. A
	// cleanup therefore takes a number of changes that is this fraction of the nodes,
	// and a walk meets little more than 2/32 of deleted ones, which also is the memory that they take.
	stepsPerChange = 32
	// fewDeleted is the fraction of deleted nodes below which no cleanup begins.
	fewDeleted = 64
	// maxDebt is the number of pending steps above which changes wait for each other.
	maxDebt = 1 << 12
)

func (r *cleanup) owe() { r.debt.Add(stepsPerChange) }

// AdvanceCleanup does the share of a change that is done but still holds Gate.
func (g *Graph) AdvanceCleanup(w *rows.Scratch) {
	if g.deleted.Load() == 0 {
		return
	}
	r := &g.cleanup
	r.owe()
	if r.debt.Load() > maxDebt {
		r.turn.Lock()
	} else if !r.turn.TryLock() {
		return
	}
	defer r.turn.Unlock()
	g.Pool.Renew(w) // so that the cleanup does not wait for this change
	for r.debt.Load() > 0 {
		steps := g.step(w, false)
		if steps == 0 {
			r.debt.Store(min(r.debt.Load(), maxDebt))
			break
		}
		r.debt.Add(-steps)
	}
}

// AdvanceCleanupAlone is advanceCleanup for a caller without Gate or a scratch.
func (g *Graph) AdvanceCleanupAlone() {
	if g.deleted.Load() == 0 {
		return
	}
	w := g.Pool.Get()
	defer g.Pool.Put(w)
	g.Gate.RLock()
	defer g.Gate.RUnlock()
	g.AdvanceCleanup(w)
}

// FinishCleanup removes all deleted nodes. The caller holds Gate exclusively.
func (g *Graph) FinishCleanup() {
	w := g.Pool.Get()
	defer g.Pool.Put(w)
	r := &g.cleanup
	r.turn.Lock()
	defer r.turn.Unlock()
	for g.deleted.Load() > 0 {
		g.step(w, true)
	}
	r.debt.Store(0)
}

// step does a small part of a cleanup and returns its size in nodes swept, or 0 if
// nothing can be done now. alone means that there are no other changes.
func (g *Graph) step(w *rows.Scratch, alone bool) int64 {
	r := &g.cleanup
	switch r.phase {
	case idle:
		return g.condemn(alone)
	case condemning:
		if !alone && g.Pool.Oldest() < r.epoch || !g.replaceEntry() {
			return 0
		}
		r.phase, r.at, r.main = removing, 0, none
		if e := g.entryPoint(); e != noEntry {
			r.main = g.keepRoot(e.id())
		}
		return 1
	case removing:
		if r.main == none || r.at == len(r.gone) {
			r.phase, r.at, r.end = sweeping, 0, int(g.Reserved.Load())
			return 1
		}
		g.removeFromTree(w, r.gone[r.at], r.main)
		r.at++
		return 2
	}
	for range 64 { // ids without a node cost little
		if r.at == r.end {
			g.endCleanup()
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

// keepRoot returns the root of the tree if it stays. Otherwise it makes the highest
// ancestor of n that stays a root, and returns it.
func (g *Graph) keepRoot(n id) id {
	root := n
	for p := g.parent(root); p != none; p = g.parent(root) {
		root = p
	}
	if g.Is(root, rows.Condemned) {
		root = g.top(n)
		put(&g.node(root).parent, none)
	}
	return root
}

// condemn begins a cleanup if enough nodes are deleted.
func (g *Graph) condemn(alone bool) int64 {
	r := &g.cleanup
	g.Mu.Lock()
	defer g.Mu.Unlock()
	if len(g.waiting) == 0 || !alone && len(g.waiting) < g.Len()/fewDeleted {
		return 0
	}
	r.gone, g.waiting = g.waiting, nil
	for _, n := range r.gone {
		g.Mark(n, rows.Condemned)
	}
	r.epoch = g.Pool.Advance()
	r.phase = condemning
	return 1
}

// stays reports whether n is inserted and no cleanup removes it. It loads the state
// once: between two loads n may be reused for another vector.
func (g *Graph) stays(n id) bool {
	return g.States.Row(int(n))[0].Load()&(rows.Ready|rows.Condemned) == rows.Ready
}

// replaceEntry chooses another entry point, on the highest remaining level, if the
// present one is condemned. It fails if an insertion is about to raise the level.
func (g *Graph) replaceEntry() bool {
	if !g.raise.TryLock() {
		return false
	}
	defer g.raise.Unlock()
	if e := g.entryPoint(); e == noEntry || !g.Is(e.id(), rows.Condemned) {
		return true
	}
	best := noEntry
	for i := range int(g.Reserved.Load()) {
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

// repair replaces n's links to condemned nodes by links to the best nearby nodes, which get links to n if they have
// room, as those that an insertion chooses do.
func (g *Graph) repair(w *rows.Scratch, n id, level int) {
	slots := g.links(n, level)
	lost := false
	for i := range slots {
		c := load(&slots[i])
		lost = lost || c != none && g.Is(c, rows.Condemned)
	}
	if !lost {
		return
	}
	g.replaceLost(w, n, level)
	for _, k := range w.Keep {
		g.linkBack(w, k.ID(), n, level)
	}
}

// replaceLost removes n's links to condemned nodes and makes others, which remain in w.Keep.
func (g *Graph) replaceLost(w *rows.Scratch, n id, level int) {
	mu := g.lock(n)
	mu.Lock()
	defer mu.Unlock()
	w.Seen.Start(int(g.Reserved.Load()))
	w.Seen.Add(n)
	w.Offers = w.Offers[:0]
	g.candidates(w, n, n, level, rows.Condemned)
	slots, had := g.links(n, level), 0
	for i := range slots {
		c := load(&slots[i])
		if c == none {
			continue
		}
		if had++; g.Is(c, rows.Condemned) {
			g.candidates(w, n, c, level, rows.Dead)
			put(&slots[i], none)
		}
	}
	// Nodes that filled all their slots would make searches compare more vectors than in a new graph that finds as much. But with
	// only as many links as before, groups of vectors far from each other would lose those between them.
	g.choose(w, n, level, w.Offers, max(had, 5*len(slots)/8))
}

// linkBack adds n to the links of m, unless all its slots are in use.
func (g *Graph) linkBack(w *rows.Scratch, m, n id, level int) {
	mu := g.lock(m)
	mu.Lock()
	defer mu.Unlock()
	slots, free := g.links(m, level), -1
	for i := range slots {
		switch load(&slots[i]) {
		case n:
			return
		case none:
			free = i
		}
	}
	if free >= 0 {
		w.Coding = none
		g.setLink(w, m, level, free, n)
	}
}

// endCleanup retires the nodes, which no longer have links to them.
func (g *Graph) endCleanup() {
	r := &g.cleanup
	g.Mu.Lock()
	defer g.Mu.Unlock()
	g.Retire(r.gone...)
	g.deleted.Add(-int64(len(r.gone)))
	r.phase, r.gone = idle, nil
}
