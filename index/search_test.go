package index

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/internal/fault"
)

// setOf returns the labels below n that allow allows, and one that is not in the index.
func setOf(n int, allow func(int64) bool) *roaring64.Bitmap {
	set := roaring64.New()
	for l := range int64(n) {
		if allow(l) {
			set.Add(uint64(l))
		}
	}
	set.Add(math.MaxUint64 - 5)
	return set
}

func TestSearchAllocations(t *testing.T) {
	const dim = 24
	n := size(1500, 3000)
	vectors := clustered(n, dim, 2)
	half := func(l int64) bool { return l%2 == 0 }
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		ix := filled(t, Options{Dim: dim, Kind: kind, Quantization: quant}, vectors)
		near := float32(0.3)
		dst := make([]Result, 0, 10)
		for name, c := range map[string]struct {
			o    SearchOptions
			most float64
		}{
			"plain":         {SearchOptions{}, 0},
			"threshold":     {SearchOptions{Threshold: &near}, 0},
			"rerank":        {SearchOptions{Rerank: 20}, 0},
			"filter":        {SearchOptions{Filter: half}, 0},
			"narrow filter": {SearchOptions{Filter: func(l int64) bool { return l%1000 == 0 }}, 0},
			"set":           {SearchOptions{Allowed: setOf(n, half)}, 0},
			"narrow set":    {SearchOptions{Allowed: setOf(n, func(l int64) bool { return l%1000 == 0 })}, 5},
		} {
			search := func() {
				rs, err := ix.SearchInto(dst, vectors[:dim], 10, c.o)
				if err != nil || len(rs) == 0 {
					t.Fatal(rs, err)
				}
			}
			search()
			if allocs := testing.AllocsPerRun(50, search); allocs > c.most {
				t.Errorf("%s: %v allocations per search, want at most %v", name, allocs, c.most)
			}
		}
		if allocs := testing.AllocsPerRun(50, func() { ix.Search(vectors[:dim], 10, SearchOptions{}) }); allocs > 1 {
			t.Errorf("%v allocations for a new result", allocs)
		}
	})
}

func TestSearchInto(t *testing.T) {
	vectors := clustered(300, 4, 2)
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		ix := filled(t, Options{Dim: 4, Kind: kind, Quantization: quant}, vectors)
		want := mustSearch(t, ix, vectors[:4], 5, SearchOptions{})
		dst := []Result{{Label: -1}}
		got, err := ix.SearchInto(dst, vectors[:4], 5, SearchOptions{})
		if err != nil || got[0].Label != -1 || !slices.Equal(got[1:], want) {
			t.Errorf("got %v, want the first result and %v: error %v", got, want, err)
		}
		if got, err = ix.SearchInto(dst, vectors[:3], 5, SearchOptions{}); err == nil || len(got) != 1 {
			t.Errorf("after an error: results %v, error %v", got, err)
		}
	})
}

// Threshold and SearchRange return what exact search finds within the threshold.
func TestThreshold(t *testing.T) {
	const dim = 12
	n := size(1500, 3000)
	vectors := clustered(n+size(8, 20), dim, 71)
	base, queries := vectors[:n*dim], vectors[n*dim:]
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		for _, m := range allMetrics {
			exact := filled(t, Options{Dim: dim, Metric: m, Kind: Flat}, base)
			ix := filled(t, Options{Dim: dim, Metric: m, Kind: kind, Quantization: quant, EfSearch: 50}, base)
			found, all := 0, 0
			for at := 0; at < len(queries); at += dim {
				q := queries[at : at+dim]
				ranked := mustSearch(t, exact, q, n, SearchOptions{})
				for _, within := range []int{0, 1, 7, 60, 700} {
					limit := (ranked[within].Score + ranked[within+1].Score) / 2
					within = len(slices.DeleteFunc(slices.Clone(ranked), func(r Result) bool { return !m.reaches(r.Score, limit) }))
					rs := mustSearch(t, ix, q, 20, SearchOptions{Threshold: &limit})
					if want := min(20, within); len(rs) > want || len(rs) < want-3 {
						t.Fatalf("%v: %d results within %v, want %d", m, len(rs), limit, want)
					}
					all, found = all+within, found+rangeSize(t, ix, q, limit, SearchOptions{})
					odd := SearchOptions{Filter: func(l int64) bool { return l%2 == 1 }}
					all, found = all+rangeSize(t, exact, q, limit, odd), found+rangeSize(t, ix, q, limit, odd)
				}
			}
			if found > all || float64(found) < 0.97*float64(all) {
				t.Errorf("%v: SearchRange found %d of %d", m, found, all)
			}
		}
	})
}

func rangeSize(t *testing.T, ix Index, q []float32, limit float32, o SearchOptions) int {
	t.Helper()
	rs, err := ix.SearchRange(q, limit, o)
	if err != nil {
		t.Fatal(err)
	}
	checkOrder(t, ix, rs)
	for _, r := range rs {
		if !ix.Options().Metric.reaches(r.Score, limit) || o.Filter != nil && !o.Filter(r.Label) {
			t.Fatalf("label %d has score %v, beyond the threshold %v", r.Label, r.Score, limit)
		}
	}
	return len(rs)
}

func TestBadSearchOptions(t *testing.T) {
	nan := float32(math.NaN())
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		ix := filled(t, Options{Dim: 2, Kind: kind, Quantization: quant}, []float32{1, 0, 0, 1})
		_, batch := ix.SearchBatch(t.Context(), []float32{1, 2, 3}, 1, SearchOptions{})
		_, within := ix.SearchBatch(t.Context(), []float32{1, 2, 3, nan}, 1, SearchOptions{})
		for name, err := range map[string]error{
			"Threshold": second(ix.Search([]float32{1, 1}, 1, SearchOptions{Threshold: &nan})),
			"NaN":       second(ix.SearchRange([]float32{1, 1}, nan, SearchOptions{})),
			"Rerank":    second(ix.Search([]float32{1, 1}, 1, SearchOptions{Rerank: -1})),
			"3 values":  batch,
			"query 1":   within,
		} {
			if err == nil || !strings.Contains(err.Error(), name) || fault.Hint(err) == "" {
				t.Errorf("error %v (hint %q), want one that mentions %q", err, fault.Hint(err), name)
			}
		}
	})
}

func TestSearchBatch(t *testing.T) {
	const n, dim = 2000, 8
	vectors := clustered(n, dim, 73)
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		ix := filled(t, Options{Dim: dim, Kind: kind, Quantization: quant, Threads: 3}, vectors)
		got, err := ix.SearchBatch(t.Context(), vectors[:100*dim], 5, SearchOptions{})
		if err != nil || len(got) != 100 {
			t.Fatalf("%d results: %v", len(got), err)
		}
		for i, rs := range got {
			if want := mustSearch(t, ix, vectors[i*dim:(i+1)*dim], 5, SearchOptions{}); !slices.Equal(rs, want) {
				t.Fatalf("query %d: results %v in a batch, %v alone", i, rs, want)
			}
		}
		if got, err := ix.SearchBatch(t.Context(), nil, 5, SearchOptions{}); err != nil || len(got) != 0 {
			t.Errorf("without queries: results %v, error %v", got, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := ix.SearchBatch(ctx, vectors, 5, SearchOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: error %v", err)
		}
	})
}

// Exact search for a batch returns bit for bit what it returns for each query alone, whatever was
// deleted, whatever is allowed, and for any number of queries.
func TestScanBatch(t *testing.T) {
	const n, dim = 3000, 37
	vectors := clustered(n, dim, 101)
	copy(vectors[500*dim:], vectors[:300*dim]) // equal scores
	for i := range 40 * dim {
		vectors[700*dim+i] *= 1000
	}
	near := float32(0.5)
	set := setOf(n, func(l int64) bool { return l%3 > 0 })
	for _, m := range allMetrics {
		ix := filled(t, Options{Dim: dim, Kind: Flat, Metric: m, Threads: 2}, vectors)
		for round := range 2 {
			for _, o := range []SearchOptions{{}, {Threshold: &near}, {Allowed: set},
				{Filter: func(l int64) bool { return l%7 < 3 }}} {
				for _, queries := range []int{minGroup, 100, 300} {
					got, err := ix.SearchBatch(t.Context(), vectors[:queries*dim], 10, o)
					if err != nil {
						t.Fatal(err)
					}
					for i, rs := range got {
						if want := mustSearch(t, ix, vectors[i*dim:(i+1)*dim], 10, o); !slices.Equal(rs, want) {
							t.Fatalf("%v, round %d, query %d of %d: results %v in a batch, %v alone", m, round, i, queries, rs, want)
						}
					}
				}
			}
			for l := range int64(n) {
				if l%5 == 2 && l/500%2 == 1 && round == 0 {
					if err := ix.Delete(l); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		bad := slices.Clone(vectors[:20*dim])
		bad[17*dim] = float32(math.NaN())
		if _, err := ix.SearchBatch(t.Context(), bad, 5, SearchOptions{}); err == nil || !strings.Contains(err.Error(), "query 17") {
			t.Errorf("NaN: error %v", err)
		}
	}
}

// A lower Rerank compares fewer vectors and returns as many results.
func TestRerank(t *testing.T) {
	const n, dim = 4000, 32
	vectors := clustered(n+100, dim, 79)
	base, queries := vectors[:n*dim], vectors[n*dim:]
	exact := filled(t, Options{Dim: dim, Kind: Flat}, base)
	ix := filled(t, Options{Dim: dim, Quantization: Int8}, base)
	for _, rerank := range []int{1, 10, 30} { // 1 counts as k
		r := recall(t, exact, ix, queries, 10, SearchOptions{Rerank: rerank})
		if least := map[int]float64{1: 0.9, 10: 0.9, 30: 0.97}[rerank]; r < least {
			t.Errorf("rerank %d: recall@10 %.4f", rerank, r)
		}
	}
}
