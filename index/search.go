package index

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/internal/fault"
)

// SearchOptions change one search. The zero value is the index's defaults.
type SearchOptions struct {
	// Ef is the width of the beam of HNSW, or how many buckets of each table of
	// LSH are looked into: more finds more of the true nearest and takes longer.
	// Below k it is taken as k. Default Options.EfSearch.
	Ef int

	// Filter, when set, is asked about labels; only those it allows are
	// returned. It may be called several times for one label, and from the
	// goroutine of the search only (SearchBatch has several). It may not search
	// or change the index. Default: all are allowed.
	Filter func(label int64) bool

	// Allowed, when set, holds the labels that may be returned, each as
	// uint64(label). An index can use it better than Filter, because it knows
	// how many there are: few are compared one by one. With a Filter too, both
	// must allow a label. Default: all are allowed.
	Allowed *roaring64.Bitmap

	// Threshold, when set, leaves out what is farther: scores below it, or above
	// it for Euclidean. The result may then have fewer than k. Default: none.
	Threshold *float32

	// Rerank is how many of the beam's nearest, by their codes, a quantised
	// index compares again by the vectors: fewer is faster, and may lose some.
	// Below k it is taken as k. Default 0: all.
	Rerank int
}

// request is a search that was checked.
type request struct {
	k, ef, rerank int
	allow         allow
	within        *float32 // as SearchOptions.Threshold
}

// allow says which labels a search may return. The zero value allows all.
type allow struct {
	filter func(int64) bool
	set    *roaring64.Bitmap
}

func (a allow) all() bool { return a.filter == nil && a.set == nil }

func (a allow) label(label int64) bool {
	return (a.set == nil || a.set.Contains(uint64(label))) && (a.filter == nil || a.filter(label))
}

// A finder leaves the best hits for w.query in w.top.
type finder func(w *scratch, r request)

// searchInto is SearchInto.
func (s *store) searchInto(dst []Result, query []float32, k int, o SearchOptions, find finder) ([]Result, error) {
	if o.Allowed != nil {
		if err := s.complete(); err != nil {
			return dst, err
		}
	}
	w := s.scratch.get()
	defer s.scratch.put(w)
	r, err := s.ask(w, query, k, o)
	if err != nil {
		return dst, err
	}
	w.top.reset(r.k)
	if r.k > 0 {
		find(w, r)
	}
	return w.top.appendResults(dst, s.options.Metric, r.within), nil
}

// search is Search. An answer of none is an empty slice.
func (s *store) search(query []float32, k int, o SearchOptions, find finder) ([]Result, error) {
	rs, err := s.searchInto(make([]Result, 0, max(0, min(k, s.Len()))), query, k, o, find)
	if err != nil {
		return nil, err
	}
	return rs, nil
}

// ask checks a search and prepares its query. k is cut to what there is.
func (s *store) ask(w *scratch, query []float32, k int, o SearchOptions) (r request, err error) {
	if k <= 0 {
		return r, fault.New("ask for at least one result", "index: search for %d results", k)
	}
	if o.Ef < 0 || o.Ef > MaxEf || o.Rerank < 0 || o.Rerank > MaxEf {
		return r, fault.New(fmt.Sprintf("give values up to %d, or 0 for the default", MaxEf),
			"index: search options ef: %d and rerank: %d: out of range", o.Ef, o.Rerank)
	}
	if o.Threshold != nil && *o.Threshold != *o.Threshold {
		return r, fault.New("give a number, or none", "index: search option threshold: it is NaN")
	}
	if len(query) != s.options.Dim {
		return r, fault.New(fmt.Sprintf("this index takes vectors of %d values", s.options.Dim),
			"index: query of %d values", len(query))
	}
	if err := s.options.Metric.prepare(w.query, query); err != nil {
		return r, fmt.Errorf("index: query: %w", err)
	}
	r = request{k: min(k, s.Len()), ef: o.Ef, rerank: math.MaxInt, allow: allow{o.Filter, o.Allowed}, within: o.Threshold}
	if r.ef == 0 {
		r.ef = s.options.EfSearch
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

// searchBatch is SearchBatch.
func (s *store) searchBatch(ctx context.Context, queries []float32, k int, o SearchOptions, find finder) ([][]Result, error) {
	dim := s.options.Dim
	if len(queries)%dim != 0 {
		return nil, fault.New(fmt.Sprintf("this index takes queries of %d values, packed", dim),
			"index: queries of %d values together", len(queries))
	}
	n := len(queries) / dim
	results := make([][]Result, n)
	threads := s.options.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
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
					return fmt.Errorf("index: search of %d queries: %w", n, err)
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

// searchRange is SearchRange. find is asked for all vectors within the
// threshold, and need not care about w.top.k.
func (s *store) searchRange(query []float32, threshold float32, o SearchOptions, find finder) ([]Result, error) {
	o.Threshold = &threshold
	if o.Allowed != nil {
		if err := s.complete(); err != nil {
			return nil, err
		}
	}
	w := s.scratch.get()
	defer s.scratch.put(w)
	r, err := s.ask(w, query, max(1, s.Len()), o)
	if err != nil {
		return nil, err
	}
	r.ef = o.Ef
	if r.ef == 0 {
		r.ef = s.options.EfSearch
	}
	w.top.reset(math.MaxInt)
	if r.k > 0 {
		find(w, r)
	}
	return w.top.appendResults([]Result{}, s.options.Metric, r.within), nil
}

// reaches says that a score is at the threshold or nearer.
func (m Metric) reaches(score, threshold float32) bool {
	if m == Euclidean {
		return score <= threshold
	}
	return score >= threshold
}
