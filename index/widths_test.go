package index

import (
	"math"
	"testing"
)

func TestSlackFor(t *testing.T) {
	w := &widths{of: [...]int{10, 20, 30, 40, 50}, slack: [...]float32{0.1, 0.2, 0.3, 0.4, 0.5}}
	for _, c := range []struct{ recall, want float64 }{
		{0.9, 0.1}, {0.95, 0.2}, {0.98, 0.3}, {0.99, 0.4}, {0.995, 0.5},
		{0.9975, 0.6},                      // half as many missed
		{0.8, 0.025},                       // at least a fourth of the first
		{1 - 0.1/math.Sqrt2, 0.15}, {1, 0}, // all: an exact search
	} {
		if got := w.slackFor(c.recall); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%g: slack %g, want %g", c.recall, got, c.want)
		}
	}
	if got := (*widths)(nil).slackFor(0.9) + unmeasured.slackFor(0.9); got != 0 {
		t.Errorf("slack %g without a measurement", got)
	}
}

// Searches for a recall find it and compare fewer vectors than with a beam of a width that finds as much.
func TestSlack(t *testing.T) {
	const dim = 24
	n := size(4000, 12000)
	vectors := clustered(n+200, dim, 51)
	base, queries := vectors[:n*dim], vectors[n*dim:]
	for _, metric := range []Metric{Cosine, Euclidean, Dot} {
		exact, rest := filled(t, Options{Dim: dim, Kind: Flat, Metric: metric}, base), filled(t, Options{Dim: dim, Kind: Flat, Metric: metric}, base)
		if err := rest.Delete(sequence(0, n/5)...); err != nil {
			t.Fatal(err)
		}
		for _, quant := range []Quantization{NoQuantization, Int4, Edges} {
			ix := filled(t, Options{Dim: dim, Metric: metric, Quantization: quant, EfConstruction: 100}, base).(*graph)
			got := recall(t, exact, ix, queries, 10, SearchOptions{Recall: 0.99})
			known := ix.widths.Load()
			if got < 0.97 || (known.slack[0] > 0) != (metric != Dot) {
				t.Errorf("%v, %q: recall %.4f, slacks %v", metric, quant, got, known.slack)
			}
			if got := recall(t, exact, ix, queries, 100, SearchOptions{Recall: 0.99}); got < 0.96 {
				t.Errorf("%v, %q: recall@100 %.4f", metric, quant, got)
			}
			back := mustLoad(t, saved(t, ix)).(*graph).widths.Load()
			if *back != *known {
				t.Errorf("%v, %q: %+v after loading, was %+v", metric, quant, back, known)
			}
			if err := ix.Delete(sequence(0, n/5)...); err != nil {
				t.Fatal(err)
			}
			if got := recall(t, rest, ix, queries, 10, SearchOptions{Recall: 0.99}); got < 0.97 {
				t.Errorf("%v, %q: recall %.4f after deletions", metric, quant, got)
			}
		}
	}
}
