package index

import (
	"runtime"
	"sync"

	"github.com/luminavec/luminavec/internal/kernel"
)

// scratch is what one search or one insertion writes on. It is kept for the
// next, so that a warm index allocates nothing but results.
type scratch struct {
	query  []float32 // prepared, with its padding
	block  []float32 // distances of a block of vectors (exact search)
	top    topK
	seen   visited
	near   keyHeap          // still to be expanded, as complements: the nearest first
	beam   keyHeap          // the best so far, the farthest first
	fresh  []id             // neighbours not seen before
	away   []float32        // their distances
	code   kernel.CodeQuery // the query of a walk over codes
	counts int64            // distances computed

	epoch uint64 // of the pool when it was lent
	place int    // in the pool's list of those lent

	starts []key   // where the walk of a level starts (insertion)
	sorted []key   // the beam in order (insertion)
	keep   []key   // chosen by the heuristic when a list is full
	full   []key   // that list
	chosen [][]key // neighbours of a new node, by level
	beams  [][]key // what they were chosen from (deterministic batches)
	queue  []id    // places in the tree

	wants    wanted    // which nodes the beam is for
	allow    allow     // for whatIsAllowed
	children []id      // of a node that leaves the tree
	hashes   []float32 // projections of a vector (LSH)
	probes   probes    // (LSH)
	offers   []key     // what may take its place
}

// scratchPool lends scratches. It keeps a few for each processor and leaves the
// rest to the garbage collector; unlike sync.Pool it keeps them through a
// collection.
//
// Who looks at vectors holds a scratch, so the pool also knows since when:
// the place of a vector that nothing leads to any more may be taken by another
// once all scratches are back that were lent before (epochs, as in Fraser 2004,
// "Practical lock-freedom").
type scratchPool struct {
	stride int
	mu     sync.Mutex
	free   []*scratch
	lent   []*scratch
	epoch  uint64
}

func (p *scratchPool) get() *scratch {
	p.mu.Lock()
	defer p.mu.Unlock()
	var w *scratch
	if n := len(p.free); n > 0 {
		w = p.free[n-1]
		p.free = p.free[:n-1]
	} else {
		w = &scratch{query: kernel.Aligned(p.stride), block: make([]float32, scanBlock)}
	}
	w.epoch, w.place = p.epoch, len(p.lent)
	p.lent = append(p.lent, w)
	return w
}

func (p *scratchPool) put(w *scratch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.lent) - 1
	p.lent[w.place] = p.lent[last]
	p.lent[w.place].place = w.place
	p.lent[last] = nil
	p.lent = p.lent[:last]
	if len(p.free) < 4*runtime.GOMAXPROCS(0) {
		p.free = append(p.free, w)
	}
}

// renew is put and then get of the same scratch.
func (p *scratchPool) renew(w *scratch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.epoch = p.epoch
}

// advance begins an epoch and returns it: what was cut off before is out of
// sight once oldest has come to it.
func (p *scratchPool) advance() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.epoch++
	return p.epoch
}

// oldest is the earliest epoch in which a scratch was lent that is not back.
func (p *scratchPool) oldest() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	oldest := p.epoch
	for _, w := range p.lent {
		oldest = min(oldest, w.epoch)
	}
	return oldest
}
