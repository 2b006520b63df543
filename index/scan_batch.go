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
	if n < minGroup || len(queries)%dim != 0 || few || s.isWideBatch(queries) {
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
			defer s.Pool.Put(g.own)
			for i := int(next.Add(1)) - 1; i < groups; i = int(next.Add(1)) - 1 {
				from, to := i*size, min((i+1)*size, n)
				s.Pool.Renew(g.own)
				if err := g.begin(queries[from*dim:to*dim], from, k, o); err != nil {
					return err
				}
				if err := g.scan(ctx); err != nil {
					return fmt.Errorf("index: searching for %d queries: %w", n, err)
				}
				for j := range g.Tops {
					if q := queries[(from+j)*dim : (from+j+1)*dim]; s.tooNear(q, g.Tops[j].Hits) {
						if results[from+j], err = s.search(q, k, o, find); err != nil {
							return fmt.Errorf("query %d: %w", from+j, err)
						}
						continue
					}
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
	own     *scratch
	request request   // the same for all
	decoded []float32 // rows of vectors that are not kept in float32
}

func (s *store) newGroup() *scanGroup {
	return &scanGroup{store: s, own: s.Pool.Get(), Group: exact.Group{
		Stride: s.Arena.Stride, Unit: s.options.Metric == Cosine, Squared: s.options.Metric == Euclidean, Distance: s.Distance,
	}}
}

// begin starts a group of packed queries; first is the number of the first.
func (g *scanGroup) begin(queries []float32, first, k int, o SearchOptions) error {
	dim := g.options.Dim
	n := len(queries) / dim
	g.Begin(n)
	for i := range n {
		r, err := g.ask(g.own, queries[i*dim:(i+1)*dim], k, o)
		if err != nil {
			return fmt.Errorf("query %d: %w", first+i, err)
		}
		g.request = r
		g.Set(i, g.own.Query)
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
	g.Shown.RLock()
	defer g.Shown.RUnlock()
	w, allow := g.own, g.request.allow
	total, computed := int(g.Reserved.Load()), 0
	for at := 0; at < total; {
		if err := ctx.Err(); err != nil {
			return err
		}
		labels, n := g.Labels.Run(at, min(exact.MaxRows, total-at))
		rows, n := g.Arena.Stored().Run(at, n)
		g.TouchVectors(at, n)
		labels, n = g.candidatesAmong(w, allow, at, labels[:n])
		if len(w.Fresh) > 0 {
			rows, width := g.vectors(w, rows, at)
			g.Compare(rows, width, walk.AsInt32(w.Fresh), len(w.Fresh) < n, labels)
		}
		computed += len(w.Fresh) * len(g.Tops)
		at += n
	}
	g.distances.Add(int64(computed))
	return g.Damaged()
}

// vectors returns the vectors of w.Fresh, each in its row of the given width, where they are or decoded. rows
// are those of the arena from id at on.
func (g *scanGroup) vectors(w *scratch, rows []float32, at int) (decoded []float32, width int) {
	if g.Arena.Form == arena.Full {
		return rows[g.Arena.Before:], g.Arena.Vectors.Width()
	}
	if g.decoded == nil {
		g.decoded = kernel.Aligned(exact.MaxRows * g.Arena.Stride)
	}
	for _, i := range w.Fresh {
		g.Arena.Read(g.decoded[int(i)*g.Arena.Stride:][:g.Arena.Stride], id(at)+i)
	}
	return g.decoded, g.Arena.Stride
}
