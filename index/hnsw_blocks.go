package index

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"
)

// A deterministic batch is added in blocks. The neighbours of all nodes of a
// block are looked for at once, by all threads, in the graph as it was before
// the block; then the nodes are linked one after another. So neither the threads
// nor their order makes a difference. So that neighbours may come in one block,
// each node is also compared with those before it in the block.

// maxBlock is the most nodes of a block; blockPart is what part of the index it
// is at most.
const (
	maxBlock  = 256
	blockPart = 16
)

// addBlocks is AddBatch for labels that are claimed and vectors that fit.
func (g *graph) addBlocks(ctx context.Context, labels []int64, vectors []float32) error {
	b := blockAdder{graph: g, threads: g.options.Threads}
	if b.threads == 0 {
		b.threads = runtime.GOMAXPROCS(0)
	}
	dim := g.options.Dim
	for at := 0; at < len(labels); {
		if ctx.Err() != nil {
			g.release(labels[at:])
			return fmt.Errorf("index: %d of %d vectors added: %w", at, len(labels), ctx.Err())
		}
		at += b.add(labels[at:], vectors[at*dim:])
	}
	g.release(nil)
	return nil
}

type blockAdder struct {
	*graph
	threads int
	nodes   []id
	chosen  [][][]key // of each node of the block, by level
}

// add adds the next block and returns how many vectors it held. Other changes
// wait.
func (b *blockAdder) add(labels []int64, vectors []float32) int {
	b.gate.Lock()
	defer b.gate.Unlock()
	size := min(len(labels), maxBlock, 1+b.Len()/blockPart)
	w := b.scratch.get()
	defer b.scratch.put(w)
	dim := b.options.Dim
	b.nodes = b.nodes[:0]
	for i, label := range labels[:size] {
		if b.fits(w.query, label, vectors[i*dim:(i+1)*dim]) != nil { // as checked before
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
		b.show(n)
	}
	w.chosen = own // lest who has w next write to a list of the block
	b.tidyBlock(w)
	return size
}

// search leaves the neighbours of each node of the block in b.chosen.
func (b *blockAdder) search(start entryPoint) {
	for len(b.chosen) < len(b.nodes) {
		b.chosen = append(b.chosen, nil)
	}
	var next atomic.Int64
	work := pool.New()
	for range min(b.threads, len(b.nodes)) {
		work.Go(func() {
			w := b.scratch.get()
			defer b.scratch.put(w)
			for i := int(next.Add(1)) - 1; i < len(b.nodes); i = int(next.Add(1)) - 1 {
				b.chosen[i] = b.neighborsOf(w, i, start, b.chosen[i])
			}
		})
	}
	work.Wait()
}

// neighborsOf returns the neighbours of node i of the block, by level, in dst
// where there is room.
func (b *blockAdder) neighborsOf(w *scratch, i int, start entryPoint, dst [][]key) [][]key {
	n := b.nodes[i]
	level := int(b.node(n).level)
	x := b.arena.vector(n)
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
				w.sorted = append(w.sorted, newKey(b.distance(x, b.arena.vector(c)), c))
			}
		}
		slices.Sort(w.sorted)
		dst[l] = b.diverse(dst[l][:0], w.sorted, b.options.M, nil)
	}
	return dst
}

// join links node n to the neighbours in w.chosen. Nobody else changes the graph.
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

// tidyBlock does the share of a block in a round.
func (b *blockAdder) tidyBlock(w *scratch) {
	r := &b.round
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
