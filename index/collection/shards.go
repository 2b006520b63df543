package collection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/fault"
)

// Asker answers questions: a Collection, or one on another machine.
type Asker interface {
	Ask(ctx context.Context, q Question) (*Answer, error)
}

// Shard is one of several collections that are searched as one.
type Shard struct {
	Name string // for errors and hits: its folder or address
	Asker
}

// ShardsOptions controls AskShards.
type ShardsOptions struct {
	// Partial answers with the shards that can be searched, and lists the others in Answer.Failed. Default false: the
	// first failure is an error.
	Partial bool
	// Timeout is the time that each shard has. Default 0: as long as ctx.
	Timeout time.Duration
}

// ShardError says why a shard did not answer.
type ShardError struct {
	Name string
	Err  error
}

func (e ShardError) Error() string { return e.Name + ": " + e.Err.Error() }
func (e ShardError) Unwrap() error { return e.Err }

// Statistics say how the scores of a question are distributed over a collection.
type Statistics struct {
	Passages int64        `json:"passages" doc:"number of passages of the collection"`
	Dense    fusion.Stats `json:"dense" doc:"similarities of the vectors"`
	Words    fusion.Stats `json:"words" doc:"scores of the words"`
}

// asked is how many times K passages each shard is asked for, because those that are best by its own statistics need not be the
// best by those of all.
const asked = 3

// AskShards searches several collections as one. All are asked at once, and what they find is ranked together.
//
// With fusion.Dense and exact indexes the answer is that of one collection of all passages. The scores of words
// depend on how rare a word is in its shard, and the z-scores of fusion.Hybrid are computed with the means and deviations of all
// shards together, so that answers differ little from those of one collection if the passages were divided at random.
func AskShards(ctx context.Context, shards []Shard, q Question, o ShardsOptions) (*Answer, error) {
	if len(shards) == 0 {
		return nil, fault.New("name at least one", "no collection to search")
	}
	if q.K == 0 {
		q.K = 10
	}
	if q.K < 0 {
		return nil, fault.Field("K", "", "must be positive, got %d", q.K)
	}
	one := q
	one.MinScore = nil
	if q.Mode == fusion.Hybrid || q.Mode == "" {
		one.K = min(asked*q.K, max(q.K, 1000))
	}
	answers, errs := make([]*Answer, len(shards)), make([]error, len(shards))
	p := pool.New().WithMaxGoroutines(max(1, min(len(shards), 64)))
	for i, s := range shards {
		p.Go(func() {
			ctx := ctx
			if o.Timeout > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, o.Timeout)
				defer cancel()
			}
			if answers[i], errs[i] = ask(ctx, s.Asker, one); errors.Is(errs[i], context.DeadlineExceeded) && o.Timeout > 0 {
				errs[i] = fault.New("ask it alone, or allow more time", "no answer in %s", o.Timeout)
			}
		})
	}
	p.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return mergeAnswers(shards, answers, errs, q, o.Partial)
}

// ask calls a shard; one that panics is an error.
func ask(ctx context.Context, a Asker, q Question) (answer *Answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fault.Recovered(v)
		}
	}()
	return a.Ask(ctx, q)
}

// mergeAnswers makes one answer of those of the shards.
func mergeAnswers(shards []Shard, answers []*Answer, errs []error, q Question, partial bool) (*Answer, error) {
	all := &Answer{Mode: q.Mode, NoMatch: true, NoWords: true, NoMeaning: true}
	var noWord error
	found := 0
	for i, a := range answers {
		switch err := errs[i]; {
		case errors.Is(err, ErrNoWord): // another shard may have it
			noWord = err
		case err != nil && !partial:
			return nil, fault.Mention(fault.Hint(err), "%s: %w", shards[i].Name, err)
		case err != nil:
			all.Failed = append(all.Failed, ShardError{shards[i].Name, err})
		case found > 0 && a.Distances != all.Distances:
			return nil, fault.New("search collections that were built with one metric", "%s has another metric than the others", shards[i].Name)
		case found > 0 && a.Mode != all.Mode:
			return nil, fault.New("ask in a mode that all have, such as dense", "%s answers in the mode %s, but others in %s", shards[i].Name, a.Mode, all.Mode)
		default:
			all.Distances = a.Distances
			if all.Mode = a.Mode; found == 0 {
				all.Unknown = a.Unknown
			}
			found++
			all.Unknown = slices.DeleteFunc(slices.Clone(all.Unknown), func(w string) bool { return !slices.Contains(a.Unknown, w) })
			all.NoMatch, all.NoWords, all.NoMeaning = all.NoMatch && a.NoMatch, all.NoWords && a.NoWords, all.NoMeaning && a.NoMeaning
			all.Statistics = pooled(all.Statistics, a.Statistics)
		}
	}
	if found == 0 {
		if noWord != nil {
			return nil, noWord
		}
		return nil, fmt.Errorf("no shard answered; the first: %w", all.Failed[0])
	}
	if q.DenseWeight == 0 {
		q.DenseWeight = fusion.DenseWeight
	}
	for i, a := range answers {
		if errs[i] != nil {
			continue
		}
		for _, h := range a.Hits {
			if all.Mode == fusion.Hybrid && h.BM25 != nil {
				dense := all.Statistics.Dense.Mean
				if h.Dense != nil {
					dense = *h.Dense
				}
				h.Score = fusion.Combine(all.Statistics.Dense.Z(dense), all.Statistics.Words.Z(*h.BM25), q.DenseWeight)
			}
			h.Shard = shards[i].Name
			if q.MinScore == nil || all.better(h.Score, *q.MinScore) >= 0 {
				all.Hits = append(all.Hits, h)
			}
		}
	}
	slices.SortStableFunc(all.Hits, func(a, b Match) int {
		return cmp.Or(all.better(b.Score, a.Score), strings.Compare(a.Path, b.Path))
	})
	all.Hits = all.Hits[:min(q.K, len(all.Hits))]
	return all, nil
}

// better is above 0 if the score x is better than y, and below 0 if it is worse.
func (a *Answer) better(x, y float64) int {
	if a.Distances {
		return cmp.Compare(y, x)
	}
	return cmp.Compare(x, y)
}

// pooled returns the statistics of two collections together.
func pooled(a, b Statistics) Statistics {
	n := a.Passages + b.Passages
	if n == 0 {
		return Statistics{}
	}
	both := func(x, y fusion.Stats) fusion.Stats {
		p, q := float64(a.Passages)/float64(n), float64(b.Passages)/float64(n)
		mean := p*x.Mean + q*y.Mean
		square := p*(x.Deviation*x.Deviation+x.Mean*x.Mean) + q*(y.Deviation*y.Deviation+y.Mean*y.Mean)
		return fusion.Stats{Mean: mean, Deviation: math.Sqrt(max(0, square-mean*mean))}
	}
	return Statistics{n, both(a.Dense, b.Dense), both(a.Words, b.Words)}
}
