package index

import (
	"context"
	"io"

	"github.com/luminavec/luminavec/index/internal/changelog"
	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/hashing"
)

func (g *graph) Add(label int64, vector []float32) error {
	return g.add(label, vector, g.admit)
}

// admit adds the prepared vector of w under a claimed label.
func (g *graph) admit(w *scratch, label int64) {
	n, twin := g.reserve(label, w.Query)
	if twin == none {
		g.net.Insert(w, n)
		g.net.PublishNode(n)
		g.net.AdvanceCleanup(w)
		return
	}
	g.net.Await(twin)
}

func (g *graph) AddBatch(ctx context.Context, labels []int64, vectors []float32) error {
	if g.options.Deterministic {
		if err := g.claimBatch(ctx, labels, vectors); err != nil || len(labels) == 0 {
			return err
		}
		return g.addBlocks(ctx, labels, vectors)
	}
	return g.addBatch(ctx, labels, vectors, g.admit)
}

// reserve stores a prepared vector under the label. The vector becomes a node without
// links, or joins the copies of twin, which holds the same vector.
func (g *graph) reserve(label int64, vector []float32) (n, twin id) {
	stored := g.Rounded(vector)
	g.Mu.Lock()
	defer g.Mu.Unlock()
	h := hashing.Vector(stored)
	twin = g.net.TwinOf(h, stored)
	n = g.net.NewNode(label, vector, h, twin)
	g.SetID(label, n)
	g.log(changelog.Added, label, vector)
	if twin != none {
		g.Publish(n)
	}
	return n, twin
}

func (g *graph) Save(w io.Writer) error { return saveIndex(g, w) }

// write implements Save for a caller that holds Gate exclusively.
func (g *graph) write(w io.Writer) error {
	g.net.FinishCleanup()
	if err := g.reduce(); err != nil {
		return err
	}
	if g.stale() { // searches of the opened file use them
		g.measureWidths(nil)
	}
	return save(w, &g.store, g)
}

func (g *graph) load(r *container.Reader) error { return g.store.load(r, g) }

func (g *graph) open(m *container.Image) error { return g.store.open(m, g) }
