package index

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index/internal/walk"
)

// A deterministic batch is added in blocks. All threads search for the neighbors of
// the nodes of a block in the graph as it was before the block; then the nodes are
// linked one after another. So the result depends neither on the number of threads
// nor on their timing. Because near vectors may be in one block, each node is also
// compared with those before it in the block.

// maxBlock is the maximum number of nodes in a block, and 1/blockPart the maximum
// size as a part of the index.
const (
	maxBlock  = 256
	blockPart = 16
)

// addBlocks implements AddBatch for claimed labels and valid vectors.
func (g *graph) addBlocks(ctx context.Context, labels []int64, vectors []float32) error {
	b := blockAdder{graph: g, workers: g.threads()}
	dim := g.options.Dim
	for at := 0; at < len(labels); {
		if ctx.Err() != nil {
			g.release(labels[at:])
			return fmt.Errorf("index: added %d of %d vectors: %w", at, len(labels), ctx.Err())
		}
		at += b.add(labels[at:], vectors[at*dim:])
	}
	g.release(nil)
	return nil
}

type blockAdder struct {
	*graph
	workers int
	nodes   []id
	chosen  [][][]key // for each node of the block, by level
}

// add adds the next block and returns the number of vectors in it. Other changes
// wait.
func (b *blockAdder) add(labels []int64, vectors []float32) int {
	b.gate.Lock()
	defer b.gate.Unlock()
	size := min(len(labels), maxBlock, 1+b.Len()/blockPart)
	w := b.scratch.Get()
	defer b.scratch.Put(w)
	dim := b.options.Dim
	b.nodes = b.nodes[:0]
	for i, label := range labels[:size] {
		if b.fits(w.query, label, vectors[i*dim:(i+1)*dim]) != nil { // checked before
			b.release(labels[i : i+1])
			continue
		}
		if n := b.reserve(label, w.query); b.node(n).twin == none {
			b.nodes = append(b.nodes, n)
		}
	}
	start := b.entryPoint()
	b.search(start)
	own := w.chosen
	for i, n := range b.nodes {
		w.chosen = b.chosen[i]
		b.join(w, n)
		b.publish(n)
	}
	w.chosen = own // so that the next user of w does not write to a list of the block
	b.advanceCleanupForBlock(w)
	return size
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
			w := b.scratch.Get()
			defer b.scratch.Put(w)
			for i := int(next.Add(1)) - 1; i < len(b.nodes); i = int(next.Add(1)) - 1 {
				b.chosen[i] = b.neighborsOf(w, i, start, b.chosen[i])
			}
		})
	}
	work.Wait()
}

// neighborsOf returns the neighbors of node i of the block, by level. It reuses dst.
func (b *blockAdder) neighborsOf(w *scratch, i int, start entryPoint, dst [][]key) [][]key {
	n := b.nodes[i]
	level := int(b.node(n).level)
	x := b.arena.Vector(n)
	for len(dst) <= level {
		dst = append(dst, nil)
	}
	if start != noEntry {
		b.neighbors(w, n, start, level)
	}
	for l := range level + 1 {
		w.sorted = w.sorted[:0]
		if start != noEntry && l <= start.level() {
			w.sorted = append(w.sorted, w.beams[l]...)
		}
		for _, c := range b.nodes[:i] {
			if int(b.node(c).level) >= l {
				w.sorted = append(w.sorted, walk.NewKey(b.distance(x, b.arena.Vector(c)), c))
			}
		}
		slices.Sort(w.sorted)
		dst[l] = walk.Diverse(dst[l][:0], w.sorted, b.options.M, nil, b.spread)
	}
	return dst
}

// join links node n to the neighbors in w.chosen. Nothing else changes the graph
// meanwhile.
func (b *blockAdder) join(w *scratch, n id) {
	level, start := int(b.node(n).level), b.entryPoint()
	if start == noEntry || len(w.chosen[0]) == 0 {
		b.entry.Store(int64(newEntry(n, level)))
		return
	}
	b.connect(w, n, min(level, start.level()))
	if level > start.level() {
		b.entry.Store(int64(newEntry(n, level)))
	}
}

// advanceCleanupForBlock does the share of a block in a cleanup.
func (b *blockAdder) advanceCleanupForBlock(w *scratch) {
	r := &b.cleanup
	r.mu.Lock()
	defer r.mu.Unlock()
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
