package index

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/index/internal/topk"
	"github.com/luminavec/luminavec/internal/fault"
)

// SearchOptions controls a single search. The zero value selects the defaults of the index.
type SearchOptions struct {
	// Ef is the width of the beam for HNSW, or the number of buckets probed in each
	// table for LSH. A higher value improves recall and takes longer. A value below
	// k counts as k. The beam is 2.5 times as wide if labels are restricted. Default: Options.EfSearch.
	Ef int

	// Recall, if Ef is 0, is the share of the nearest vectors that a search of an HNSW index
	// should find, on average, up to 1, which compares all vectors. The width of the beam is what
	// vectors of the index itself needed when it was measured, and grows during a search
	// until the best k have not changed for as long as it took to find them. Default 0: the beam is
	// Options.EfSearch wide. Exact search with codes of an index without a graph allows for as large errors
	// of the codes as the share needs; 0 and 1 find all.
	Recall float64

	// Filter, if set, decides which labels may be returned. It may be called several
	// times for one label, and only from the goroutine of the search (SearchBatch
	// uses several). It must not search or change the index. Default: all labels.
	Filter func(label int64) bool

	// Allowed, if set, holds the labels that may be returned, each as uint64(label).
	// It is faster than Filter, because the index knows how many labels there are
	// and compares a small number of them directly. If Filter is set too, both must
	// allow a label. Default: all labels.
	Allowed *roaring64.Bitmap

	// Threshold, if set, excludes results that are farther away: scores below it, or
	// above it for Euclidean. There may then be fewer than k results. Default: none.
	Threshold *float32

	// Rerank is the number of candidates that a quantized index compares again by
	// their vectors, the nearest by their codes. A lower number is faster and may
	// lose results. A value below k counts as k. Default 0: all.
	Rerank int
}

// request is a validated search.
type request struct {
	k, ef, rerank int
	allow         rows.Allow
	within        *float32 // SearchOptions.Threshold
	recall        float64  // SearchOptions.Recall, if Ef is 0
	widen         bool     // the beam grows until the best k have settled
	slack         float64  // where a walk for all vectors ends, or 0: see hnsw.Question
	least         int      // likewise
	wide          bool     // distances are computed in float64
	scan          float64  // what a scan of what is allowed costs (see checkCost)
}

// A finder collects the best hits for w.Query in w.Top.
type finder func(w *scratch, r request)

// searchInto implements SearchInto.
func (s *store) searchInto(dst []Result, query []float32, k int, o SearchOptions, find finder) (found []Result, err error) {
	defer container.Unfault(debug.SetPanicOnFault(true), &err)
	s.prepareWidths(o)
	if s.recodes() {
		s.recoding.RLock()
		defer s.recoding.RUnlock()
	}
	w := s.Pool.Get()
	defer s.Pool.Put(w)
	r, err := s.ask(w, query, k, o)
	if err != nil {
		return dst, err
	}
	w.Top.Reset(r.k)
	if r.k > 0 && !r.wide {
		find(w, r)
		r.wide = s.tooNear(w.Query, w.Top.Hits)
	}
	before := dst
	if r.k > 0 && r.wide {
		w.Top.Reset(0)
		dst = s.searchWide(dst, w, r)
	}
	if err := s.Damaged(); err != nil {
		return before, err
	}
	return appendResults(dst, &w.Top, s.options.Metric, r.within), nil
}

// search implements Search. Without results it returns an empty slice.
func (s *store) search(query []float32, k int, o SearchOptions, find finder) ([]Result, error) {
	rs, err := s.searchInto(make([]Result, 0, max(0, min(k, s.Len()))), query, k, o, find)
	if err != nil {
		return nil, err
	}
	return rs, nil
}

// ask validates a search and prepares its query. It limits k to the size of the index.
func (s *store) ask(w *scratch, query []float32, k int, o SearchOptions) (r request, err error) {
	if k <= 0 {
		return r, fault.New("ask for at least one result", "index: k must be positive, got %d", k)
	}
	for _, v := range []struct {
		name  string
		value int
	}{{"Ef", o.Ef}, {"Rerank", o.Rerank}} {
		if v.value < 0 || v.value > MaxEf {
			return r, fault.Field(v.name, "0 selects the default", "must be from 0 to %d, got %d", MaxEf, v.value)
		}
	}
	if !(o.Recall >= 0 && o.Recall <= 1) {
		return r, fault.Field("Recall", "0 selects the default", "must be from 0 to 1, got %v", o.Recall)
	}
	if o.Threshold != nil && *o.Threshold != *o.Threshold {
		return r, fault.Field("Threshold", "use a number or no threshold", "must be a number, got NaN")
	}
	if len(query) != s.options.Dim {
		return r, s.dimensionError("query", len(query))
	}
	length, err := s.options.Metric.prepare(w.Query, query)
	if err != nil {
		return r, fmt.Errorf("index: query: %w", err)
	}
	r = request{k: min(k, s.Len()), ef: o.Ef, rerank: math.MaxInt, allow: rows.Allow{Filter: o.Filter, Set: o.Allowed}, within: o.Threshold}
	r.wide = s.isWide(length)
	if r.ef == 0 {
		r.ef = s.options.EfSearch
	}
	if o.Ef == 0 {
		r.recall = o.Recall
	}
	if o.Ef == 0 && o.Recall > 0 && s.options.Kind == HNSW {
		known := s.widths.Load()
		r.ef, r.widen, r.slack = known.width(o.Recall, k), true, known.slackFor(o.Recall)
		r.least = leastFor(o.Recall)
	}
	if o.Allowed != nil {
		r.k = int(min(uint64(r.k), o.Allowed.GetCardinality()))
	}
	r.ef = max(r.ef, r.k)
	if o.Rerank > 0 {
		r.rerank = max(o.Rerank, r.k)
	}
	return r, nil
}

// dimensionError returns the error for a vector of the wrong length.
func (s *store) dimensionError(what string, length int) error {
	return fault.New("use vectors made by the same model as those in the index",
		"index: %s: the vector has %d values, expected %d", what, length, s.options.Dim)
}

// packedError returns the error for packed vectors of the wrong length.
func (s *store) packedError(what string, length int) error {
	return fault.New(fmt.Sprintf("pack vectors of %d values one after another", s.options.Dim), "index: %s with %d values in total", what, length)
}

// threads returns the number of workers of a batch.
func (s *store) threads() int {
	if s.options.Threads == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return s.options.Threads
}

// searchBatch implements SearchBatch.
func (s *store) searchBatch(ctx context.Context, queries []float32, k int, o SearchOptions, find finder) ([][]Result, error) {
	dim := s.options.Dim
	if len(queries)%dim != 0 {
		return nil, s.packedError("queries", len(queries))
	}
	n := len(queries) / dim
	results := make([][]Result, n)
	threads := s.threads()
	var next atomic.Int64
	work := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError()
	for range min(threads, n) {
		work.Go(func(ctx context.Context) error {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return fmt.Errorf("index: searching for %d queries: %w", n, err)
				}
				var err error
				if results[i], err = s.search(queries[i*dim:(i+1)*dim], k, o, find); err != nil {
					return fmt.Errorf("query %d: %w", i, err)
				}
			}
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	return results, nil
}

// searchRange implements SearchRange. find collects all vectors within the threshold
// and can ignore w.Top.K.
func (s *store) searchRange(query []float32, threshold float32, o SearchOptions, find finder) (found []Result, err error) {
	defer container.Unfault(debug.SetPanicOnFault(true), &err)
	o.Threshold = &threshold
	if s.recodes() {
		s.recoding.RLock()
		defer s.recoding.RUnlock()
	}
	w := s.Pool.Get()
	defer s.Pool.Put(w)
	r, err := s.ask(w, query, max(1, s.Len()), o)
	if err != nil {
		return nil, err
	}
	r.ef = o.Ef
	if r.ef == 0 {
		r.ef = s.options.EfSearch
	}
	w.Top.Reset(math.MaxInt)
	if r.k > 0 && !r.wide {
		find(w, r)
		r.wide = s.tooNear(w.Query, w.Top.Hits)
	}
	found = []Result{}
	if r.k > 0 && r.wide {
		w.Top.Reset(0)
		found = s.searchWide(found, w, r)
	}
	if err := s.Damaged(); err != nil {
		return nil, err
	}
	return appendResults(found, &w.Top, s.options.Metric, r.within), nil
}

// within reports whether a distance is at the threshold, a score, or nearer.
func (s *store) within(d, threshold float32) bool {
	return s.options.Metric.reaches(s.options.Metric.score(d), threshold)
}

// directionless reports whether all vectors are equally near to the prepared query.
func (s *store) directionless(query []float32) bool {
	return s.options.Metric == Cosine && zero(query)
}

func zero(vector []float32) bool {
	for _, v := range vector {
		if v != 0 {
			return false
		}
	}
	return true
}

// reaches reports whether a score is at the threshold or nearer.
func (m Metric) reaches(score, threshold float32) bool {
	if m == Euclidean {
		return score <= threshold
	}
	return score >= threshold
}

// appendResults empties top and appends its hits to dst, best first, except for those that
// do not reach the threshold, if there is one.
func appendResults(dst []Result, top *topk.List, m Metric, threshold *float32) []Result {
	for threshold != nil && len(top.Hits) > 0 && !m.reaches(m.score(top.Hits[0].Distance), *threshold) {
		top.Hits.Pop()
	}
	from := len(dst)
	dst = slices.Grow(dst, len(top.Hits))[:from+len(top.Hits)]
	for n := len(dst) - 1; n >= from; n-- {
		worst := top.Hits.Pop()
		dst[n] = Result{Label: worst.Label, Score: m.score(worst.Distance)}
	}
	// Different distances can give equal scores, because of rounding.
	for n := from + 1; n < len(dst); n++ {
		for i := n; i > from && dst[i].Score == dst[i-1].Score && dst[i].Label < dst[i-1].Label; i-- {
			dst[i], dst[i-1] = dst[i-1], dst[i]
		}
	}
	return dst
}
