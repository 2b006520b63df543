package index

import (
	"context"
	"fmt"
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
	dim := g.options.Dim
	for at := 0; at < len(labels); {
		if ctx.Err() != nil {
			g.Release(labels[at:])
			return fmt.Errorf("index: added %d of %d vectors: %w", at, len(labels), ctx.Err())
		}
		at += g.addBlock(labels[at:], vectors[at*dim:])
	}
	g.Release(nil)
	return nil
}

// addBlock adds the next block and returns the number of vectors in it. Other changes
// wait.
func (g *graph) addBlock(labels []int64, vectors []float32) int {
	g.Gate.Lock()
	defer g.Gate.Unlock()
	size := min(len(labels), maxBlock, 1+g.Len()/blockPart)
	w := g.Pool.Get()
	defer g.Pool.Put(w)
	dim := g.options.Dim
	var nodes []id
	for i, label := range labels[:size] {
		if g.fits(w.Query, label, vectors[i*dim:(i+1)*dim]) != nil { // checked before
			g.Release(labels[i : i+1])
			continue
		}
		if n, twin := g.reserve(label, w.Query); twin == none {
			nodes = append(nodes, n)
		}
	}
	g.net.AddBlock(w, nodes, g.threads())
	return size
}
