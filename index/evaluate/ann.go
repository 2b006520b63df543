package evaluate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/luminavec/luminavec/index"
)

// ANNPoint describes an approximate index at one search width: a point of the curve of
// recall against speed. In JSON the key of the recall contains k, as in "recall@10".
type ANNPoint struct {
	Ef                    int     // search width
	K                     int     // results per query
	Recall                float64 // fraction of the true K nearest that were found
	QueriesPerSecond      float64 // with one thread
	ExactQueriesPerSecond float64 // of the exact index, with one thread
	Queries               int     // number of queries
}

// MarshalJSON writes the keys ef, recall@K, queries_per_second,
// exact_queries_per_second and queries.
func (p ANNPoint) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{
		"ef":                          p.Ef,
		fmt.Sprintf("recall@%d", p.K): p.Recall,
		"queries_per_second":          p.QueriesPerSecond,
		"exact_queries_per_second":    p.ExactQueriesPerSecond,
		"queries":                     p.Queries,
	})
}

// minTiming is the minimum time for which queries are repeated, so that neither the
// resolution of the clock nor an interruption determines the result.
const minTiming = 200 * time.Millisecond

// ANN searches for the same queries (packed, each as long as the dimension of the exact index)
// in both indexes, once in the exact one and with every width of efs in the approximate one,
// and returns a point for each, in the order of efs. Everything runs on the calling
// goroutine, so the speeds are those of one thread.
//
// A result counts as found if it is among the true k nearest, or as near as the last of them,
// because it is arbitrary which of several equal vectors an index returns. If the index has
// fewer than k vectors, recall refers to these.
func ANN(ctx context.Context, exact, approx index.Index, queries []float32, k int, efs []int) ([]ANNPoint, error) {
	dim := exact.Options().Dim
	switch {
	case k < 1:
		return nil, errors.New("k must be positive")
	case len(queries) == 0 || len(queries)%dim != 0:
		return nil, fmt.Errorf("the queries have %d values, which is not a positive multiple of %d dimensions", len(queries), dim)
	case approx.Options().Dim != dim:
		return nil, fmt.Errorf("the exact index has %d dimensions, the approximate one %d", dim, approx.Options().Dim)
	case approx.Options().Metric != exact.Options().Metric:
		return nil, fmt.Errorf("the exact index has metric %v, the approximate one %v", exact.Options().Metric, approx.Options().Metric)
	}
	b := annBench{dim: dim, k: k, queries: queries, n: len(queries) / dim}
	truth, exactSpeed, err := b.run(ctx, exact, index.SearchOptions{}, 0)
	if err != nil {
		return nil, fmt.Errorf("exact search: %w", err)
	}
	nearer := func(a, b float32) bool { return a >= b }
	if exact.Options().Metric == index.Euclidean {
		nearer = func(a, b float32) bool { return a <= b }
	}
	points := make([]ANNPoint, 0, len(efs))
	for _, ef := range efs {
		if ef < 1 {
			return nil, fmt.Errorf("the search width must be positive, got %d", ef)
		}
		found, speed, err := b.run(ctx, approx, index.SearchOptions{Ef: ef}, minTiming)
		if err != nil {
			return nil, fmt.Errorf("search at ef %d: %w", ef, err)
		}
		points = append(points, ANNPoint{Ef: ef, K: k, Recall: recall(truth, found, nearer),
			QueriesPerSecond: speed, ExactQueriesPerSecond: exactSpeed, Queries: b.n})
	}
	return points, nil
}

type annBench struct {
	dim, k, n int
	queries   []float32
}

// run searches for every query, repeatedly until atLeast has passed, and returns the results
// and the queries per second.
func (b annBench) run(ctx context.Context, ix index.Index, o index.SearchOptions, atLeast time.Duration) ([][]index.Result, float64, error) {
	query := func(i int) ([]index.Result, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return ix.Search(b.queries[i*b.dim:(i+1)*b.dim], b.k, o)
	}
	for i := range min(b.n, 50) { // warm the caches
		if _, err := query(i); err != nil {
			return nil, 0, err
		}
	}
	results := make([][]index.Result, b.n)
	start, asked := time.Now(), 0
	for asked == 0 || time.Since(start) < atLeast {
		for i := range results {
			var err error
			if results[i], err = query(i); err != nil {
				return nil, 0, err
			}
		}
		asked += b.n
	}
	return results, float64(asked) / max(time.Since(start).Seconds(), 1e-9), nil
}

// recall returns the fraction of true neighbors found, over all queries.
func recall(truth, found [][]index.Result, nearer func(a, b float32) bool) float64 {
	hits, all := 0, 0
	for i, want := range truth {
		all += len(want)
		if len(want) == 0 {
			continue
		}
		labels := make(map[int64]bool, len(want))
		for _, r := range want {
			labels[r.Label] = true
		}
		last := want[len(want)-1].Score
		n := 0
		for _, r := range found[i] {
			if labels[r.Label] || nearer(r.Score, last) {
				n++
			}
		}
		hits += min(n, len(want))
	}
	if all == 0 {
		return 0
	}
	return float64(hits) / float64(all)
}

// WriteANN writes the points as a table.
func WriteANN(w io.Writer, points []ANNPoint) error {
	if len(points) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(w, "%6s %10s %12s %10s\n", "ef", fmt.Sprintf("recall@%d", points[0].K), "queries/s", "of exact"); err != nil {
		return err
	}
	for _, p := range points {
		if _, err := fmt.Fprintf(w, "%6d %10.4f %12.0f %9.1fx\n", p.Ef, p.Recall, p.QueriesPerSecond, p.QueriesPerSecond/p.ExactQueriesPerSecond); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "exact search: %.0f queries/s; %d queries, one thread\n", points[0].ExactQueriesPerSecond, points[0].Queries)
	return err
}
