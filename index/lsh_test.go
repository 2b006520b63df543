package index

import (
	"testing"
)

// Recall rises with the number of buckets, and is high with the defaults.
func TestLSHRecall(t *testing.T) {
	const n, dim = 6000, 32
	vectors := clustered(n+100, dim, 7)
	base, queries := vectors[:n*dim], vectors[n*dim:]
	for _, m := range allMetrics {
		exact := filled(t, Options{Dim: dim, Metric: m, Kind: Flat}, base)
		ix := filled(t, Options{Dim: dim, Metric: m, Kind: LSH}, base)
		usual := recall(t, exact, ix, queries, 10, SearchOptions{})
		before := ix.Stats().Distances
		few := recall(t, exact, ix, queries, 10, SearchOptions{Ef: 2})
		compared := float64(ix.Stats().Distances-before) / 100
		many := recall(t, exact, ix, queries, 10, SearchOptions{Ef: 400})
		t.Logf("%v: recall@10 %.3f, %.3f, %.3f; compared %.0f of %d vectors", m, few, usual, many, compared, n)
		if few > usual || usual > many || usual < 0.95 || few < 0.8 {
			t.Errorf("%v: recall@10 %.3f, %.3f, %.3f", m, few, usual, many)
		}
		if compared > n/3 {
			t.Errorf("%v: compared %.0f of %d vectors", m, compared, n)
		}
		mustVerify(t, ix)
		mustVerify(t, mustLoad(t, saved(t, ix)))
	}
}
