package index

import (
	"context"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/topk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Exact search for many queries is a matrix product: it reads each vector once for a
// whole group of queries and runs at the speed of matrix multiplication. The product
// is only a sieve, because it adds in another order than a single search does: what
// may be among the best is compared again as in a single search, so that both return
// the same results (see sieve).

const (
	// batchRows is the number of vectors multiplied at once.
	batchRows = 512
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
	if o.Allowed != nil {
		if err := s.complete(); err != nil {
			return nil, err
		}
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
			g := scanGroup{store: s, scratch: s.scratch.Get()}
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
				for j := range g.tops {
					results[from+j] = appendResults([]Result{}, &g.tops[j], s.options.Metric, g.request.within)
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
	scratch *scratch
	request request   // the same for all
	queries []float32 // prepared, one row each
	lengths []float64
	tops    []topk.List

	rows    []float32 // gathered, if only part of a run may be returned
	halves  []float32 // Euclidean: for each row, minus half its squared length
	scores  []float32 // products, one row per query
	longest float64   // greatest length of the current rows
}

// begin starts a group of packed queries; first is the number of the first.
func (g *scanGroup) begin(queries []float32, first, k int, o SearchOptions) error {
	dim, stride := g.options.Dim, g.arena.Stride
	n := len(queries) / dim
	if len(g.queries) < n*stride {
		g.queries = kernel.Aligned(n * stride)
		g.scores = kernel.Aligned(n * batchRows)
		g.tops = make([]topk.List, n)
	}
	g.tops, g.lengths = g.tops[:n], g.lengths[:0]
	for i := range n {
		r, err := g.ask(g.scratch, queries[i*dim:(i+1)*dim], k, o)
		if err != nil {
			return fmt.Errorf("query %d: %w", first+i, err)
		}
		g.request = r
		q := g.query(i)
		copy(q, g.scratch.query)
		g.lengths = append(g.lengths, math.Sqrt(float64(kernel.Dot(q, q))))
	}
	for i := range g.tops { // the same k for all: the index may have changed meanwhile
		g.tops[i].Reset(g.request.k)
	}
	return nil
}

func (g *scanGroup) query(i int) []float32 {
	stride := g.arena.Stride
	return g.queries[i*stride : (i+1)*stride]
}

// scan collects the best hits of each query in g.tops.
func (g *scanGroup) scan(ctx context.Context) error {
	if g.request.k == 0 {
		return nil
	}
	g.shown.RLock()
	defer g.shown.RUnlock()
	w, allow := g.scratch, g.request.allow
	total, computed := int(g.reserved.Load()), 0
	for at := 0; at < total; {
		if err := ctx.Err(); err != nil {
			return err
		}
		labels, n := g.labels.Run(at, min(batchRows, total-at))
		rows, n := g.arena.Vectors.Run(at, n)
		g.touchVectors(at, n)
		labels, n = g.candidatesAmong(w, allow, at, labels[:n])
		if len(w.fresh) > 0 {
			g.compare(rows, labels, len(w.fresh) < n)
		}
		computed += len(w.fresh) * len(g.tops)
		at += n
	}
	g.distances.Add(int64(computed))
	return g.damaged()
}

// compare offers the vectors of rows that are listed in fresh, some or all of them.
func (g *scanGroup) compare(rows []float32, labels []int64, some bool) {
	w, stride := g.scratch, g.arena.Stride
	width := g.arena.Vectors.Width()
	if some {
		g.rows = g.rows[:0]
		for _, i := range w.fresh {
			g.rows = append(g.rows, rows[int(i)*width+g.arena.Before:][:stride]...)
		}
		rows, width = g.rows, stride
	} else {
		rows = rows[g.arena.Before:]
	}
	count := len(w.fresh)
	beta := g.initScores(rows, width, count)
	kernel.Gemm(false, true, len(g.tops), count, stride, 1, g.queries, stride, rows, width, beta, g.scores, batchRows)
	for i := range g.tops {
		top, q, scores := &g.tops[i], g.query(i), g.scores[i*batchRows:][:count]
		bound := g.sieve(top, g.lengths[i], g.longest)
		for at := kernel.FirstAbove(scores, bound); at < count; at += 1 + kernel.FirstAbove(scores[at+1:], bound) {
			top.Offer(hit{Distance: g.distance(q, rows[at*width:][:stride]), Label: labels[w.fresh[at]]})
			bound = g.sieve(top, g.lengths[i], g.longest)
		}
	}
}

// initScores sets the scores to what the inner products are added to, and returns the
// factor that keeps them. For Euclidean, the squared distance is smaller the greater
// the product less half the row's squared length is.
func (g *scanGroup) initScores(rows []float32, width, count int) (beta float32) {
	g.longest = 1
	if g.options.Metric == Cosine {
		return 0
	}
	g.longest = 0
	g.halves = slices.Grow(g.halves[:0], count)[:count]
	for i := range g.halves {
		x := rows[i*width:][:g.arena.Stride]
		square := kernel.Dot(x, x)
		g.halves[i] = -square / 2
		g.longest = max(g.longest, math.Sqrt(float64(square)))
	}
	if g.options.Metric == Dot {
		return 0
	}
	for i := range g.tops {
		copy(g.scores[i*batchRows:], g.halves)
	}
	return 1
}
