package hnsw

import (
	"slices"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/index/internal/walk"
)

// AddBlock links new nodes, the same for any number of workers: all search for the neighbors of
// the nodes in the graph as it is, then the nodes are linked one after another and published. Nothing
// else may change the graph meanwhile.
func (g *Graph) AddBlock(w *rows.Scratch, nodes []id, workers int) {
	b := blockAdder{Graph: g, workers: workers, nodes: nodes}
	b.search(g.entryPoint())
	own := w.Chosen
	for i, n := range nodes {
		w.Chosen = g.chosen[i]
		b.join(w, n)
		g.Publish(n)
	}
	w.Chosen = own // so that the next user of w does not write to a list of the block
	b.advanceCleanup(w)
}

type blockAdder struct {
	*Graph
	workers int
	nodes   []id
}

// search finds the neighbors of each node of the block, in b.chosen.
func (b *blockAdder) search(start entryPoint) {
	for len(b.chosen) < len(b.nodes) {
		b.chosen = append(b.chosen, nil)
	}
	var next atomic.Int64
	work := pool.New()
	for range min(b.workers, len(b.nodes)) {
		work.Go(func() {
			w := b.Pool.Get()
			defer b.Pool.Put(w)
			for i := int(next.Add(1)) - 1; i < len(b.nodes); i = int(next.Add(1)) - 1 {
				b.chosen[i] = b.neighborsOf(w, i, start, b.chosen[i])
			}
		})
	}
	work.Wait()
}

// neighborsOf returns the neighbors of node i of the block, by level. It reuses dst.
func (b *blockAdder) neighborsOf(w *rows.Scratch, i int, start entryPoint, dst [][]key) [][]key {
	n := b.nodes[i]
	level := int(b.node(n).level)
	x := b.Arena.Vector(n)
	for len(dst) <= level {
		dst = append(dst, nil)
	}
	if start != noEntry {
		b.neighbors(w, n, start, level)
	}
	for l := range level + 1 {
		w.Sorted = w.Sorted[:0]
		if start != noEntry && l <= start.level() {
			w.Sorted = append(w.Sorted, w.Beams[l]...)
		}
		for _, c := range b.nodes[:i] {
			if int(b.node(c).level) >= l {
				w.Sorted = append(w.Sorted, walk.NewKey(b.Distance(x, b.Arena.Vector(c)), c))
			}
		}
		slices.Sort(w.Sorted)
		dst[l] = walk.Diverse(dst[l][:0], w.Sorted, b.M, nil, b.spread(w))
	}
	return dst
}

// join links node n to the neighbors in w.Chosen. Nothing else changes the graph
// meanwhile.
func (b *blockAdder) join(w *rows.Scratch, n id) {
	level, start := int(b.node(n).level), b.entryPoint()
	if start == noEntry || len(w.Chosen[0]) == 0 {
		b.entry.Store(int64(newEntry(n, level)))
		return
	}
	b.connect(w, n, min(level, start.level()))
	if level > start.level() {
		b.entry.Store(int64(newEntry(n, level)))
	}
}

// AdvanceCleanup does the share of a block in a cleanup.
func (b *blockAdder) advanceCleanup(w *rows.Scratch) {
	r := &b.cleanup
	r.turn.Lock()
	defer r.turn.Unlock()
	if b.deleted.Load() == 0 {
		return
	}
	for range b.nodes {
		r.owe()
	}
	for r.debt.Load() > 0 && b.deleted.Load() > 0 {
		steps := b.step(w, true)
		if steps == 0 {
			break
		}
		r.debt.Add(-steps)
	}
}
