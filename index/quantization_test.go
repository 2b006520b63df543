package index

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// Scores are computed from the vectors, whatever the walk compares.
func TestScoresAreExact(t *testing.T) {
	const dim = 40
	n := size(1200, 3000)
	vectors := clustered(n, dim, 37)
	for i, m := range slices.Concat(allMetrics, allMetrics) {
		o := Options{Dim: dim, Metric: m, Quantization: []Quantization{Int8, Int4}[i/len(allMetrics)]}
		ix := filled(t, o, vectors)
		for at := 0; at < 50*dim; at += dim {
			q := vectors[at : at+dim]
			for _, r := range mustSearch(t, ix, q, 10, SearchOptions{}) {
				want := define(m, q, vectors[r.Label*dim:(r.Label+1)*dim])
				if math.Abs(float64(r.Score)-want) > 1e-4*max(1, math.Abs(want)) {
					t.Fatalf("%v: label %d: score %v, want %v", m, r.Label, r.Score, want)
				}
			}
		}
	}
}

// Codes are unsuitable for vectors whose differences are much smaller than their greatest
// value, because these share their codes: recall is lower than without quantization, but
// scores are correct and there are enough results.
func TestCodesHaveLimits(t *testing.T) {
	const dim = 16
	n := size(1500, 3000)
	vectors := clustered(n+100, dim, 43)
	for i := range vectors {
		vectors[i] = vectors[i]*0.01 + 100
	}
	base, queries := vectors[:n*dim], vectors[n*dim:]
	exact := filled(t, Options{Dim: dim, Metric: Euclidean, Kind: Flat}, base)
	for _, quant := range quantizations {
		ix := filled(t, Options{Dim: dim, Metric: Euclidean, Quantization: quant}, base)
		r := recall(t, exact, ix, queries, 10, SearchOptions{})
		t.Logf("%s: recall@10 %.4f", quant, r)
		if quant == NoQuantization && r < 0.95 {
			t.Errorf("recall@10 %.4f", r)
		}
	}
}

func TestQuantizationOptions(t *testing.T) {
	for _, o := range []Options{
		{Dim: 2, Quantization: "int5"},
		{Dim: 2, Quantization: Int4, Kind: LSH},
	} {
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), "Quantization") {
			t.Errorf("%+v: error %v", o, err)
		}
	}
}
