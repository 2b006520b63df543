package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/internal/fault"
)

// A Shard is a part of the vectors that [Shards] searches as one index: an index in memory, a
// file, or a function that asks another machine.
type Shard struct {
	// Name identifies the shard in errors, such as the path of its file. Required, unique.
	Name string
	// Search returns, for each of the queries, which are packed one after another, the k
	// nearest vectors of the shard that o allows. It is called concurrently, and returns soon
	// after ctx ends. [Index].SearchBatch is such a function. Required.
	Search func(ctx context.Context, queries []float32, k int, o SearchOptions) ([][]Result, error)
}

// OpenShard returns the index at path as a shard with that name. See [OpenFile].
func OpenShard(path string) (Shard, Index, error) {
	ix, err := OpenFile(path)
	if err != nil {
		return Shard{}, nil, err
	}
	return Shard{Name: path, Search: ix.SearchBatch}, ix, nil
}

// ShardsOptions describes a set of shards.
type ShardsOptions struct {
	// Dim is the number of values in a vector. Required.
	Dim int
	// Metric is that of all shards: it decides which scores are nearer. Default Cosine.
	Metric Metric
	// Timeout is how long a search waits for a shard, which then counts as failed. Default: as
	// long as the context of the search.
	Timeout time.Duration
	// Partial makes a search return what the other shards have found if one fails; Found.Failed
	// names it. Without Partial, and if all shards fail, the search returns an error.
	Partial bool
}

// Shards searches several shards as one index. A label belongs to one shard; if two return it,
// as while it is being moved, the nearer result counts. Methods are safe for concurrent use.
//
// If all shards are exact, the results are those of one index of all vectors, bit for bit. If they
// are graphs, every true neighbor is missed as often as in its own shard. So the expected recall
// is the mean of the recalls of the shards, weighted by how many of the true neighbors each holds.
// Since a shard searches for k results of its own, though it holds only some of the k nearest, it
// is usually higher than that of one graph with the same options.
type Shards struct {
	options ShardsOptions
	shards  []Shard
}

// Found is the result of searching shards.
type Found struct {
	// Results holds for each query the k nearest vectors, best first and by label if scores are
	// equal.
	Results [][]Result
	// Failed lists the shards whose vectors are missing from Results, in the order of the shards.
	// It is empty unless ShardsOptions.Partial is set.
	Failed []ShardError
}

// ShardError is the failure of a shard.
type ShardError struct {
	Shard string // its name
	Err   error
}

func (e ShardError) Error() string { return fmt.Sprintf("shard %s: %v", e.Shard, e.Err) }
func (e ShardError) Unwrap() error { return e.Err }

// NewShards returns the shards as one index.
func NewShards(o ShardsOptions, shards ...Shard) (*Shards, error) {
	if err := (Options{Dim: o.Dim, Metric: o.Metric}).Validate(); err != nil {
		return nil, err
	}
	if o.Timeout < 0 {
		return nil, fault.Field("Timeout", "0 waits as long as the context", "must be positive, got %v", o.Timeout)
	}
	if len(shards) == 0 {
		return nil, fault.New("name at least one shard", "index: there are no shards")
	}
	names := make(map[string]struct{})
	for i, s := range shards {
		if s.Name == "" || s.Search == nil {
			return nil, fault.New("every shard needs a name and a Search function", "index: shard %d of %d is incomplete", i+1, len(shards))
		}
		if _, ok := names[s.Name]; ok {
			return nil, fault.New("its vectors would be searched twice", "index: shard %s is named twice", s.Name)
		}
		names[s.Name] = struct{}{}
	}
	return &Shards{o, slices.Clone(shards)}, nil
}

// Search returns the k vectors nearest to each of the queries, which are packed one after another.
// All shards are searched at once. SearchOptions applies to each shard: Ef and Rerank are not
// divided among them, and Filter is called from several goroutines.
func (s *Shards) Search(ctx context.Context, queries []float32, k int, o SearchOptions) (Found, error) {
	if k <= 0 {
		return Found{}, fault.New("ask for at least one result", "index: k must be positive, got %d", k)
	}
	if len(queries)%s.options.Dim != 0 {
		return Found{}, fault.New(fmt.Sprintf("pack vectors of %d values one after another", s.options.Dim),
			"index: queries with %d values in total", len(queries))
	}
	n := len(queries) / s.options.Dim
	parts, failures := make([][][]Result, len(s.shards)), make([]error, len(s.shards))
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	work := pool.New()
	for i, shard := range s.shards {
		work.Go(func() {
			parts[i], failures[i] = s.ask(stop, shard, queries, n, k, o)
			if failures[i] != nil && !s.options.Partial {
				cancel()
			}
		})
	}
	work.Wait()
	if err := ctx.Err(); err != nil {
		return Found{}, fmt.Errorf("index: searching %d shards: %w", len(s.shards), err)
	}
	failed := s.failed(failures)
	if len(failed) > 0 && (!s.options.Partial || len(failed) == len(s.shards)) {
		return Found{}, fmt.Errorf("index: %w", failed[0])
	}
	results := make([][]Result, n)
	for q := range results {
		results[q] = s.merge(parts, q, k)
	}
	return Found{Results: results, Failed: failed}, nil
}

// failed returns the shards that have failed. Those that were only stopped because of another
// failure come last.
func (s *Shards) failed(failures []error) []ShardError {
	var list []ShardError
	for i, err := range failures {
		if err != nil {
			list = append(list, ShardError{s.shards[i].Name, err})
		}
	}
	stopped := func(e ShardError) int {
		if errors.Is(e.Err, context.Canceled) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b ShardError) int { return cmp.Compare(stopped(a), stopped(b)) })
	return list
}

// ask searches one shard and checks its answer. It does not wait for a shard that goes on after
// the context has ended.
func (s *Shards) ask(ctx context.Context, shard Shard, queries []float32, n, k int, o SearchOptions) ([][]Result, error) {
	if s.options.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, s.options.Timeout, fmt.Errorf("no answer within %v: %w", s.options.Timeout, context.DeadlineExceeded))
		defer cancel()
	}
	type answer struct {
		results [][]Result
		err     error
	}
	done := make(chan answer, 1)
	go func() {
		var a answer
		defer func() {
			if r := recover(); r != nil {
				a.err = fmt.Errorf("its Search panicked: %v", r)
			}
			done <- a
		}()
		a.results, a.err = shard.Search(ctx, queries, k, o)
	}()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case a := <-done:
		if err := cmp.Or(a.err, checkAnswer(a.results, n, k)); err != nil {
			return nil, err
		}
		return a.results, nil
	}
}

// checkAnswer returns an error if a shard has returned something other than up to k results for
// each query.
func checkAnswer(results [][]Result, n, k int) error {
	if len(results) != n {
		return fmt.Errorf("it returned results for %d queries, expected %d", len(results), n)
	}
	for q, list := range results {
		if len(list) > k {
			return fmt.Errorf("it returned %d results for query %d, expected at most %d", len(list), q, k)
		}
		for _, r := range list {
			if math.IsNaN(float64(r.Score)) {
				return fmt.Errorf("it returned the score NaN for label %d and query %d", r.Label, q)
			}
		}
	}
	return nil
}

// merge returns the k nearest results for query q.
func (s *Shards) merge(parts [][][]Result, q, k int) []Result {
	var all []Result
	for _, p := range parts {
		if p != nil {
			all = append(all, p[q]...)
		}
	}
	slices.SortFunc(all, func(a, b Result) int {
		byScore := cmp.Compare(b.Score, a.Score)
		if s.options.Metric == Euclidean {
			byScore = -byScore
		}
		return cmp.Or(byScore, cmp.Compare(a.Label, b.Label))
	})
	best, seen := make([]Result, 0, min(k, len(all))), make(map[int64]struct{}, min(k, len(all)))
	for _, r := range all {
		if _, ok := seen[r.Label]; ok {
			continue
		}
		if len(best) == k {
			break
		}
		seen[r.Label] = struct{}{}
		best = append(best, r)
	}
	return best
}
