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

	starts []key   // where the walk of a level starts (insertion)
	sorted []key   // the beam in order (insertion)
	keep   []key   // chosen by the heuristic when a list is full
	full   []key   // that list
	chosen [][]key // neighbours of a new node, by level
	queue  []id    // places in the tree
}

// scratchPool lends scratches. It keeps a few for each processor and leaves the
// rest to the garbage collector; unlike sync.Pool it keeps them through a
// collection.
type scratchPool struct {
	stride int
	mu     sync.Mutex
	free   []*scratch
}

func (p *scratchPool) get() *scratch {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		w := p.free[n-1]
		p.free = p.free[:n-1]
		return w
	}
	return &scratch{query: kernel.Aligned(p.stride), block: make([]float32, scanBlock)}
}

func (p *scratchPool) put(w *scratch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) < 4*runtime.GOMAXPROCS(0) {
		p.free = append(p.free, w)
	}
}
