package index

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/exact"
	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Exact search for many queries is a matrix product, with the same results as a single search (see
// exact.Group).

const (
	// maxGroup is the maximum number of queries in a group, and minGroup the minimum
	// for which a product pays off.
	maxGroup, minGroup = 128, 8
	// groupWork limits the comparisons of a group, approximately, because deletions
	// wait until it is done.
	groupWork = 1 << 26
)

// scanBatch implements SearchBatch for an index that compares all vectors. find is
// exact search for one query.
func (s *store) scanBatch(ctx context.Context, queries []float32, k int, o SearchOptions, find finder) ([][]Result, error) {
	dim := s.options.Dim
	n := len(queries) / dim
	few := o.Allowed != nil && o.Allowed.GetCardinality() < uint64(s.Len()/fewAllowed)
	if n < minGroup || len(queries)%dim != 0 || few {
		return s.searchBatch(ctx, queries, k, o, find)
	}
	threads := s.threads()
	size := min(maxGroup, max(groupWork/max(1, s.Len()), 2*minGroup), (n+threads-1)/threads)
	groups := (n + size - 1) / size
	results := make([][]Result, n)
	var next atomic.Int64
	work := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
	for range min(threads, groups) {
		work.Go(func(ctx context.Context) (err error) {
			defer container.Unfault(debug.SetPanicOnFault(true), &err)
			g := s.newGroup()
			defer s.scratch.Put(g.scratch)
			for i := int(next.Add(1)) - 1; i < groups; i = int(next.Add(1)) - 1 {
				from, to := i*size, min((i+1)*size, n)
				s.scratch.Renew(g.scratch)
				if err := g.begin(queries[from*dim:to*dim], from, k, o); err != nil {
					return err
				}
				if err := g.scan(ctx); err != nil {
					return fmt.Errorf("index: searching for %d queries: %w", n, err)
				}
				for j := range g.Tops {
					results[from+j] = appendResults([]Result{}, &g.Tops[j], s.options.Metric, g.request.within)
				}
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	return results, nil
}

// scanGroup is a group of queries that are searched together.
type scanGroup struct {
	*store
	exact.Group
	scratch *scratch
	request request   // the same for all
	decoded []float32 // rows of vectors that are not kept in float32
}

func (s *store) newGroup() *scanGroup {
	return &scanGroup{store: s, scratch: s.scratch.Get(), Group: exact.Group{
		Stride: s.arena.Stride, Unit: s.options.Metric == Cosine, Squared: s.options.Metric == Euclidean, Distance: s.distance,
	}}
}

// begin starts a group of packed queries; first is the number of the first.
func (g *scanGroup) begin(queries []float32, first, k int, o SearchOptions) error {
	dim := g.options.Dim
	n := len(queries) / dim
	g.Begin(n)
	for i := range n {
		r, err := g.ask(g.scratch, queries[i*dim:(i+1)*dim], k, o)
		if err != nil {
			return fmt.Errorf("query %d: %w", first+i, err)
		}
		g.request = r
		g.Set(i, g.scratch.query)
	}
	for i := range g.Tops { // the same k for all: the index may have changed meanwhile
		g.Tops[i].Reset(g.request.k)
	}
	return nil
}

// scan collects the best hits of each query in g.Tops.
func (g *scanGroup) scan(ctx context.Context) error {
	if g.request.k == 0 {
		return nil
	}
	g.recoding.RLock()
	defer g.recoding.RUnlock()
	g.shown.RLock()
	defer g.shown.RUnlock()
	w, allow := g.scratch, g.request.allow
	total, computed := int(g.reserved.Load()), 0
	for at := 0; at < total; {
		if err := ctx.Err(); err != nil {
			return err
		}
		labels, n := g.labels.Run(at, min(exact.MaxRows, total-at))
		rows, n := g.arena.Stored().Run(at, n)
		g.touchVectors(at, n)
		labels, n = g.candidatesAmong(w, allow, at, labels[:n])
		if len(w.fresh) > 0 {
			rows, width := g.vectors(w, rows, at)
			g.Compare(rows, width, walk.AsInt32(w.fresh), len(w.fresh) < n, labels)
		}
		computed += len(w.fresh) * len(g.Tops)
		at += n
	}
	g.distances.Add(int64(computed))
	return g.damaged()
}

// vectors returns the vectors of w.fresh, each in its row of the given width, where they are or decoded. rows
// are those of the arena from id at on.
func (g *scanGroup) vectors(w *scratch, rows []float32, at int) (decoded []float32, width int) {
	if g.arena.Form == arena.Full {
		return rows[g.arena.Before:], g.arena.Vectors.Width()
	}
	if g.decoded == nil {
		g.decoded = kernel.Aligned(exact.MaxRows * g.arena.Stride)
	}
	for _, i := range w.fresh {
		g.arena.Read(g.decoded[int(i)*g.arena.Stride:][:g.arena.Stride], id(at)+i)
	}
	return g.decoded, g.arena.Stride
}
