package index

import (
	"runtime"
	"sync"

	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// The types of package walk.
type (
	id   = walk.ID
	slot = walk.Slot
	key  = walk.Key
)

const (
	none     = walk.None
	maxNodes = walk.MaxNodes
)

// load and put access a link.
func load(s *slot) id   { return s.Load() }
func put(s *slot, n id) { s.Put(n) }

// scratch holds the buffers of one search or insertion. They are reused, so that a warm
// index allocates nothing but results.
type scratch struct {
	query  []float32 // prepared, with its padding
	block  []float32 // distances of a block of vectors (exact search)
	top    topK
	seen   walk.Visited
	near   walk.Heap        // to be expanded, complemented: the nearest first
	beam   walk.Heap        // the best so far, the farthest first
	fresh  []id             // neighbors not seen before
	away   []float32        // their distances
	code   kernel.CodeQuery // the query of a walk that compares codes
	counts int64            // number of distances computed

	epoch uint64 // of the pool when it was lent
	place int    // in the pool's list of lent ones

	starts []key   // where the walk on a level starts (insertion)
	sorted []key   // the beam in order (insertion)
	full   []key   // a full list of links
	keep   []key   // what the heuristic keeps of it
	chosen [][]key // neighbors of a new node, by level
	beams  [][]key // the candidates for them (deterministic batches)
	queue  []id    // of nodes in the tree

	wants    wanted         // which nodes go into the beam
	allow    allow          // for wantAllowed
	children []id           // of a node that is removed from the tree
	offers   []key          // candidates for links
	hashes   []float32      // projections of a vector (LSH)
	probes   hashing.Probes // (LSH)
}

// scratchPool lends scratches. It keeps a few for each processor and leaves the rest to
// the garbage collector; unlike sync.Pool it keeps them through a collection.
//
// Every goroutine that reads vectors holds a scratch, so the pool also implements
// epoch-based reclamation (Fraser 2004, "Practical lock-freedom"): an id that nothing
// links to can be reused once all scratches that were lent before are back.
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

// renew is equivalent to putting w back and getting it again.
func (p *scratchPool) renew(w *scratch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.epoch = p.epoch
}

// advance begins a new epoch and returns it. What was unlinked before is invisible once
// oldest has reached it.
func (p *scratchPool) advance() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.epoch++
	return p.epoch
}

// oldest returns the earliest epoch of the scratches that are lent.
func (p *scratchPool) oldest() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	oldest := p.epoch
	for _, w := range p.lent {
		oldest = min(oldest, w.epoch)
	}
	return oldest
}
