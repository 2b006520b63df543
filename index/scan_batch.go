package index

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/internal/kernel"
)

// Exact search for many queries is a product of matrices: it reads each vector
// once for a whole group of queries, and the inner products come as fast as the
// processor multiplies. They are only a sieve, since a product adds up in another
// order than a single search does: what may be among the best is compared again as
// a single search compares it, so that both return the same (see sieve).

const (
	// batchRows is how many vectors are multiplied at once.
	batchRows = 512
	// maxGroup is the most queries of a group, minGroup the fewest that are worth
	// a product.
	maxGroup, minGroup = 128, 8
	// groupWork is about how many comparisons a group may cost, while changes that
	// take labels away wait.
	groupWork = 1 << 26
)

// scanBatch is SearchBatch of an index that compares with every vector. find is
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
	threads := s.options.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	size := min(maxGroup, max(groupWork/max(1, s.Len()), 2*minGroup), (n+threads-1)/threads)
	groups := (n + size - 1) / size
	results := make([][]Result, n)
	var next atomic.Int64
	work := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
	for range min(threads, groups) {
		work.Go(func(ctx context.Context) error {
			g := scanGroup{store: s, scratch: s.scratch.get()}
			defer s.scratch.put(g.scratch)
			for i := int(next.Add(1)) - 1; i < groups; i = int(next.Add(1)) - 1 {
				from, to := i*size, min((i+1)*size, n)
				s.scratch.renew(g.scratch)
				if err := g.begin(queries[from*dim:to*dim], from, k, o); err != nil {
					return err
				}
				if err := g.scan(ctx); err != nil {
					return fmt.Errorf("index: search of %d queries: %w", n, err)
				}
				for j := range g.tops {
					results[from+j] = g.tops[j].appendResults([]Result{}, s.options.Metric, g.request.within)
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

// scanGroup is a group of queries that are searched for together.
type scanGroup struct {
	*store
	scratch *scratch
	request request   // the same for all
	queries []float32 // prepared, a row each
	lengths []float64
	tops    []topK

	rows    []float32 // gathered, where not all of a run may be returned
	halves  []float32 // Euclidean: of each row, minus half its squared length
	scores  []float32 // products, a row for each query
	longest float64   // of the rows under way, the greatest length
}

// begin takes up queries, packed, of which first is the number of the first.
func (g *scanGroup) begin(queries []float32, first, k int, o SearchOptions) error {
	dim, stride := g.options.Dim, g.arena.stride
	n := len(queries) / dim
	if len(g.queries) < n*stride {
		g.queries = kernel.Aligned(n * stride)
		g.scores = kernel.Aligned(n * batchRows)
		g.tops = make([]topK, n)
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
	for i := range g.tops { // all alike: the length of the index may have changed meanwhile
		g.tops[i].reset(g.request.k)
	}
	return nil
}

func (g *scanGroup) query(i int) []float32 {
	stride := g.arena.stride
	return g.queries[i*stride : (i+1)*stride]
}

// scan leaves the best hits of each query in g.tops.
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
		labels, n := g.labels.run(at, min(batchRows, total-at))
		rows, n := g.arena.vectors.run(at, n)
		labels, n = g.candidatesAmong(w, allow, at, labels[:n])
		if len(w.fresh) > 0 {
			g.compare(rows, labels, len(w.fresh) < n)
		}
		computed += len(w.fresh) * len(g.tops)
		at += n
	}
	g.distances.Add(int64(computed))
	return nil
}

// compare offers the vectors of rows that are in the scratch's fresh, some or all.
func (g *scanGroup) compare(rows []float32, labels []int64, some bool) {
	w, stride := g.scratch, g.arena.stride
	width := g.arena.vectors.width
	if some {
		g.rows = g.rows[:0]
		for _, i := range w.fresh {
			g.rows = append(g.rows, rows[int(i)*width+g.arena.before:][:stride]...)
		}
		rows, width = g.rows, stride
	} else {
		rows = rows[g.arena.before:]
	}
	count := len(w.fresh)
	beta := g.begins(rows, width, count)
	kernel.Gemm(false, true, len(g.tops), count, stride, 1, g.queries, stride, rows, width, beta, g.scores, batchRows)
	for i := range g.tops {
		top, q, scores := &g.tops[i], g.query(i), g.scores[i*batchRows:][:count]
		bound := g.sieve(top, g.lengths[i], g.longest)
		for at := kernel.FirstAbove(scores, bound); at < count; at += 1 + kernel.FirstAbove(scores[at+1:], bound) {
			top.offer(hit{g.distance(q, rows[at*width:][:stride]), labels[w.fresh[at]]})
			bound = g.sieve(top, g.lengths[i], g.longest)
		}
	}
}

// begins sets the scores to what the inner products are added to, and returns the
// factor that keeps them: under Euclidean, the squared distance of a query and a
// row is less the greater their product less half the row's squared length is.
func (g *scanGroup) begins(rows []float32, width, count int) (beta float32) {
	g.longest = 1
	if g.options.Metric == Cosine {
		return 0
	}
	g.longest = 0
	g.halves = slices.Grow(g.halves[:0], count)[:count]
	for i := range g.halves {
		x := rows[i*width:][:g.arena.stride]
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
