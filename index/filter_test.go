package index

import (
	"math"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// Whatever fraction of the labels a filter allows, and wherever their vectors are, the search
// finds what exact search finds.
func TestFilters(t *testing.T) {
	const dim, k = 16, 10
	n := size(4000, 6000)
	vectors := clustered(n+size(15, 30), dim, 19)
	base, queries := vectors[:n*dim], vectors[n*dim:]
	for _, m := range allMetrics {
		exact := filled(t, Options{Dim: dim, Metric: m, Kind: Flat}, base)
		o := Options{Dim: dim, Metric: m, M: 12, EfConstruction: 100, EfSearch: 60}
		approx := filled(t, o, base)
		o.Quantization = Int8
		coded := filled(t, o, base)
		middle := base[:dim]
		ball := func(share int) func(int64) bool { // the labels nearest to one vector, far from most queries
			all := mustSearch(t, exact, middle, n/share, SearchOptions{})
			in := make([]bool, n)
			for _, r := range all {
				in[r.Label] = true
			}
			return func(l int64) bool { return in[l] }
		}
		for name, allow := range map[string]func(int64) bool{
			"all":                  func(int64) bool { return true },
			"half":                 func(l int64) bool { return l%2 == 1 },
			"a tenth":              func(l int64) bool { return l%10 == 3 },
			"a hundredth":          func(l int64) bool { return l%100 == 3 },
			"a thousandth":         func(l int64) bool { return l%1000 == 3 },
			"two":                  func(l int64) bool { return l == 17 || l == 3117 },
			"none":                 func(int64) bool { return false },
			"a tenth, a ball":      ball(10),
			"a thousandth, a ball": ball(1000),
		} {
			if r := recall(t, exact, approx, queries, k, SearchOptions{Filter: allow}); r < 0.95 {
				t.Errorf("%v, %s: recall@%d %.4f", m, name, k, r)
			}
			if r := recall(t, exact, coded, queries, k, SearchOptions{Filter: allow}); r < 0.95 {
				t.Errorf("%v, int8, %s: recall@%d %.4f", m, name, k, r)
			}
			set := SearchOptions{Allowed: setOf(n, allow)}
			if r := recall(t, exact, approx, queries, k, set); r < 0.95 {
				t.Errorf("%v, set, %s: recall@%d %.4f", m, name, k, r)
			}
			// Both must allow a label.
			set.Filter = func(l int64) bool { return l%3 != 0 }
			both := SearchOptions{Filter: func(l int64) bool { return l%3 != 0 && allow(l) }}
			a, b := mustSearch(t, approx, queries[:dim], k, set), mustSearch(t, exact, queries[:dim], k, both)
			if len(a) != len(b) || slices.ContainsFunc(a, func(r Result) bool { return !both.Filter(r.Label) }) {
				t.Errorf("%v, set and filter, %s: %v, want %v", m, name, a, b)
			}
		}
	}
}

// If a filter allows very few labels, the walk stops early, and the search is exact.
func TestNarrowFilterIsCheap(t *testing.T) {
	const n, dim = 8000, 8
	base := clustered(n, dim, 29)
	exact := filled(t, Options{Dim: dim, Kind: Flat}, base)
	approx := filled(t, Options{Dim: dim, M: 8, EfConstruction: 50, EfSearch: 20}, base)
	o := SearchOptions{Filter: func(l int64) bool { return l%2000 == 5 }}
	before := approx.Stats().Distances
	got := mustSearch(t, approx, base[:dim], 3, o)
	if cost := approx.Stats().Distances - before; cost > 2000 {
		t.Errorf("computed %d distances for 4 allowed vectors", cost)
	}
	if want := mustSearch(t, exact, base[:dim], 3, o); !slices.EqualFunc(got, want, func(a, b Result) bool { return a.Label == b.Label }) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Any int64 is a valid label, also in filters.
func TestLabelsAtTheEnds(t *testing.T) {
	vectors := clustered(300, 4, 3)
	labels := []int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64 - 1, math.MaxInt64}
	for i := int64(100); len(labels) < 300; i++ {
		labels = append(labels, i)
	}
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		ix := mustNew(t, Options{Dim: 4, Kind: kind, Quantization: quant, EfSearch: 10, Threads: 1})
		if err := ix.AddBatch(t.Context(), labels, vectors); err != nil {
			t.Fatal(err)
		}
		ix = mustLoad(t, saved(t, ix))
		for i, label := range labels {
			few, most := roaring64.New(), roaring64.New()
			few.Add(uint64(label))
			for _, l := range labels[min(i, 7):] {
				most.Add(uint64(l))
			}
			for name, o := range map[string]SearchOptions{
				"few": {Allowed: few}, "filter": {Filter: func(l int64) bool { return l == label }},
				"most": {Allowed: most, Ef: 100}, "none": {Ef: 300},
			} {
				rs := mustSearch(t, ix, vectors[i*4:][:4], 1, o)
				if len(rs) != 1 || rs[0].Label != label {
					t.Fatalf("label %d, %s: results %v", label, name, rs)
				}
			}
			if v, ok := ix.Vector(label); !ok || len(v) != 4 {
				t.Fatalf("label %d: Vector returned %v", label, v)
			}
		}
		if err := ix.Delete(labels[:7]...); err != nil || ix.Len() != 293 {
			t.Fatal(err, ix.Len())
		}
		mustVerify(t, ix)
	})
}

// If what is allowed is far from the query, the walk ends early: it costs a small part of what the scan does.
func TestFarFilterIsCheap(t *testing.T) {
	const n, dim = 12000, 16
	base := clustered(n, dim, 31)
	exact := filled(t, Options{Dim: dim, Kind: Flat}, base)
	for _, quant := range []Quantization{NoQuantization, Int4, Edges} {
		approx := filled(t, Options{Dim: dim, M: 8, EfConstruction: 40, EfSearch: 20, Quantization: quant}, base)
		for i := range 5 {
			q := base[i*100*dim:][:dim]
			for _, share := range []int{2, 10} {
				far := roaring64.New()
				for _, r := range mustSearch(t, exact, q, n, SearchOptions{})[n-n/share:] {
					far.Add(uint64(r.Label))
				}
				g := approx.(*graph)
				w := g.Pool.Get()
				r, err := g.ask(w, q, 10, SearchOptions{Allowed: far})
				if err != nil {
					t.Fatal(err)
				}
				w.Top.Reset(r.k)
				if !g.wantsScan(w, &r) && g.explore(w, r) {
					t.Errorf("%s, the farthest of %d: the walk ended with %d hits", quant, share, len(w.Top.Hits))
				}
				if cost := w.Counts; r.scan > 0 && float64(cost) > r.scan/8+100 {
					t.Errorf("%s, the farthest of %d: the walk compared %d vectors, a scan costs %.0f", quant, share, cost, r.scan)
				}
				g.Pool.Put(w)
				got := mustSearch(t, approx, q, 10, SearchOptions{Allowed: far})
				want := mustSearch(t, exact, q, 10, SearchOptions{Allowed: far})
				if !slices.Equal(got, want) {
					t.Errorf("%s, the farthest of %d: %v, want %v", quant, share, got, want)
				}
			}
		}
	}
}

// A scan that compares codes first finds what one of the vectors does, with the same scores.
func TestScanOfCodes(t *testing.T) {
	const n, dim = 3000, 100
	for name, vectors := range map[string][]float32{"clustered": clustered(n+20, dim, 33), "far away": shifted(clustered(n+20, dim, 34), 100)} {
		base, queries := vectors[:n*dim], vectors[n*dim:]
		for _, m := range allMetrics {
			exact := filled(t, Options{Dim: dim, Metric: m, Kind: Flat, Quantization: NoQuantization}, base)
			for _, quant := range []Quantization{Int8, Int4, Int2, Int1} {
				approx := filled(t, Options{Dim: dim, Metric: m, M: 4, EfConstruction: 8, Quantization: quant}, base)
				for i := range len(queries) / dim {
					q := queries[i*dim:][:dim]
					few, threshold := roaring64.New(), mustSearch(t, exact, q, 30, SearchOptions{})[29].Score
					few.AddRange(0, 200)
					for how, o := range map[string]SearchOptions{
						"all": {Ef: n}, "few": {Allowed: few}, "a filter": {Filter: func(l int64) bool { return l%50 == 7 }},
						"a threshold": {Ef: n, Threshold: &threshold},
					} {
						got, want := mustSearch(t, approx, q, 15, o), mustSearch(t, exact, q, 15, o)
						if !slices.Equal(got, want) {
							t.Fatalf("%s, %v, %s, %s: %v, want %v", name, m, quant, how, got, want)
						}
					}
				}
			}
		}
	}
}

func shifted(x []float32, by float32) []float32 {
	for i := range x {
		x[i] += by
	}
	return x
}
