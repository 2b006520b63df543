// Package shards searches several collections, here or on other machines, as one.
//
//	answer, err := shards.Ask(ctx, []shards.Shard{{Name: "a", Asker: a}, {Name: "b", Asker: b}}, question, shards.Options{})
package shards

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/filter"
	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/fault"
)

// Asker answers questions: a collection.Collection, or one on another machine.
type Asker interface {
	Ask(ctx context.Context, q collection.Question) (*collection.Answer, error)
}

// counter is an Asker that says how rare the words of a question are.
type counter interface {
	Counts(ctx context.Context, text string) (*fulltext.Counts, error)
}

// checkIdentities returns an error if vectors of two shards cannot be compared.
func checkIdentities(shards []Shard) error {
	var first, name string
	for _, s := range shards {
		other, ok := s.Asker.(interface{ Identity() string })
		if !ok {
			continue
		}
		id := other.Identity()
		if id == "" {
			continue
		}
		if first == "" {
			first, name = id, s.Name
		}
		if id == first {
			continue
		}
		a, _, _ := strings.Cut(first, ":")
		if b, _, _ := strings.Cut(id, ":"); a != b {
			return fault.New("search collections that were built with one metric", "%s has the metric %s, but %s %s", name, a, s.Name, b)
		}
		return fault.Mention("build them with one model, or set Mode to bm25", "%s and %s have different models", name, s.Name)
	}
	return nil
}

// Division says which shard of what division a collection is (documents.Options.Shard): 2/8, a colon and a hash of what was divided, or
// only a colon and that if it is not a shard.
func Division(c *collection.Collection) string {
	in := c.Info().Input
	shard := in.Options.Shard
	in.Options.Shard = text.Shard{}
	of := []any{in.Options}
	for _, p := range in.Paths {
		of = append(of, p.Given)
	}
	data, err := json.Marshal(of)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	what := ":" + hex.EncodeToString(sum[:16])
	if shard.Of == 0 {
		return what
	}
	return shard.String() + what
}

// divisionOf returns the Division of a shard, or "" if it does not say.
func divisionOf(a Asker) string {
	switch a := a.(type) {
	case *collection.Collection:
		return Division(a)
	case interface{ Division() string }:
		return a.Division()
	}
	return ""
}

// Missing returns the shards of a division that are not in the list; and an error if two are the same
// shard or of different divisions of the same documents. Collections that are not shards, or do not say so, are not checked.
func Missing(shards []Shard) (missing []text.Shard, err error) {
	type division struct {
		names  []string
		shards []text.Shard
		merged bool // there is a collection of these documents that is not a shard
	}
	divisions := map[string]*division{}
	var order []*division
	for _, s := range shards {
		which, what, _ := strings.Cut(divisionOf(s.Asker), ":")
		if what == "" {
			continue
		}
		d := divisions[what]
		if d == nil {
			d = &division{}
			divisions[what], order = d, append(order, d)
		}
		if shard, err := text.ParseShard(which); err != nil {
			d.merged = true
		} else {
			d.names, d.shards = append(d.names, s.Name), append(d.shards, shard)
		}
	}
	for _, d := range order {
		if len(d.shards) == 0 {
			continue
		}
		lost, err := text.CheckShards(d.names, d.shards)
		if err != nil {
			return nil, err
		}
		if !d.merged {
			missing = append(missing, lost...)
		}
	}
	return missing, nil
}

// Shard is one of several collections that are searched as one.
type Shard struct {
	Name string // for errors and hits: its folder or address
	Asker
}

// Options controls Ask.
type Options struct {
	// Partial answers with the shards that can be searched, and lists the others in collection.Answer.Failed. Default false: the
	// first failure is an error.
	Partial bool
	// Timeout is the time that each shard has, a quarter of it for the counts. Default 0: as long as ctx.
	Timeout time.Duration
}

// NoneError says that no shard answered, though Options.Partial was set.
type NoneError struct{ Failed []collection.ShardError }

func (e *NoneError) Error() string { return "no shard answered; the first: " + e.Failed[0].Error() }
func (e *NoneError) Unwrap() error { return e.Failed[0] }

// asked is how many times K passages each shard is asked for, because those that are best by its own statistics need not be the
// best by those of all.
const asked = 3

// Ask searches several collections as one. All are asked at once, and what they find is ranked together.
//
// With fusion.Dense and exact indexes the answer is that of one collection of all passages. The other modes ask twice: first
// how many passages of each shard have the words of the question, then for passages, with the sums, so that a word is
// as rare for one shard as for another. The mean length of the passages stays that of the shard, and the z-scores of
// fusion.Hybrid are computed with the means and deviations of all shards together, so that answers differ a little from those of one
// collection if the passages were divided at random. If q.Counts is set, the first question is left out.
func Ask(ctx context.Context, shards []Shard, q collection.Question, o Options) (*collection.Answer, error) {
	if len(shards) == 0 {
		return nil, fault.New("name at least one", "no collection to search")
	}
	if q.K == 0 {
		q.K = 10
	}
	if q.K < 0 {
		return nil, fault.Field("K", "", "must be positive, got %d", q.K)
	}
	if q.Mode != fusion.BM25 {
		if err := checkIdentities(shards); err != nil {
			return nil, err
		}
	}
	left := o.Timeout
	if q.Counts == nil && q.Mode != fusion.Dense {
		left -= o.Timeout / 4
		q.Counts = Count(ctx, shards, q.Text, o.Timeout/4)
	}
	one := q
	one.MinScore = nil
	if q.Mode == fusion.Hybrid || q.Mode == "" {
		one.K = min(asked*q.K, max(q.K, 1000))
	}
	answers := make([]*collection.Answer, len(shards))
	errs := each(ctx, shards, left, func(ctx context.Context, i int) (err error) {
		answers[i], err = shards[i].Ask(ctx, one)
		return err
	})
	for i, err := range errs {
		if errors.Is(err, context.DeadlineExceeded) && o.Timeout > 0 {
			errs[i] = fault.New("ask it alone, or allow more time", "no answer in %s", o.Timeout)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return mergeAnswers(shards, answers, errs, q, o.Partial)
}

// Count adds up the counts of the words of a question. A shard that cannot count or fails is left out.
func Count(ctx context.Context, shards []Shard, text string, timeout time.Duration) *fulltext.Counts {
	counts := make([]*fulltext.Counts, len(shards))
	errs := each(ctx, shards, timeout, func(ctx context.Context, i int) (err error) {
		if c, ok := shards[i].Asker.(counter); ok {
			counts[i], err = c.Counts(ctx, text)
		}
		return err
	})
	all := &fulltext.Counts{Terms: map[string]int64{}}
	for i, c := range counts {
		if errs[i] == nil && c != nil {
			all.Add(c)
		}
	}
	return all
}

// each calls f for all shards at once, each with a timeout unless it is 0. A panic is an error.
func each(ctx context.Context, shards []Shard, timeout time.Duration, f func(ctx context.Context, i int) error) []error {
	errs := make([]error, len(shards))
	p := pool.New().WithMaxGoroutines(max(1, min(len(shards), 64)))
	for i := range shards {
		p.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					errs[i] = fault.Recovered(v)
				}
			}()
			ctx := ctx
			if timeout > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, timeout)
				defer cancel()
			}
			errs[i] = f(ctx, i)
		})
	}
	p.Wait()
	return errs
}

// mergeAnswers makes one answer of those of the shards.
func mergeAnswers(shards []Shard, answers []*collection.Answer, errs []error, q collection.Question, partial bool) (*collection.Answer, error) {
	all := &collection.Answer{Mode: q.Mode, NoMatch: true, NoWords: true, NoMeaning: true}
	var nothing error // why a shard can have no passage of the answer, though another may
	found := 0
	for i, a := range answers {
		switch err := errs[i]; {
		case errors.Is(err, collection.ErrNoWord) || errors.Is(err, filter.ErrNoField):
			nothing = err
		case err != nil && !partial:
			return nil, fault.Mention(fault.Hint(err), "%s: %w", shards[i].Name, err)
		case err != nil:
			all.Failed = append(all.Failed, collection.ShardError{Name: shards[i].Name, Err: err})
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
			all.Failed = append(all.Failed, a.Failed...)
		}
	}
	if found == 0 {
		if nothing != nil {
			return nil, nothing
		}
		return nil, &NoneError{all.Failed}
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
			if q.MinScore == nil || better(all, h.Score, *q.MinScore) >= 0 {
				all.Hits = append(all.Hits, h)
			}
		}
	}
	slices.SortStableFunc(all.Hits, func(a, b collection.Match) int {
		return cmp.Or(better(all, b.Score, a.Score), strings.Compare(a.Path, b.Path))
	})
	all.Hits = all.Hits[:min(q.K, len(all.Hits))]
	return all, nil
}

// better is above 0 if the score x is better than y, and below 0 if it is worse.
func better(a *collection.Answer, x, y float64) int {
	if a.Distances {
		return cmp.Compare(y, x)
	}
	return cmp.Compare(x, y)
}

// pooled returns the statistics of two collections together.
func pooled(a, b collection.Statistics) collection.Statistics {
	n := a.Passages + b.Passages
	if n == 0 {
		return collection.Statistics{}
	}
	both := func(x, y fusion.Stats) fusion.Stats {
		p, q := float64(a.Passages)/float64(n), float64(b.Passages)/float64(n)
		mean := p*x.Mean + q*y.Mean
		square := p*(x.Deviation*x.Deviation+x.Mean*x.Mean) + q*(y.Deviation*y.Deviation+y.Mean*y.Mean)
		return fusion.Stats{Mean: mean, Deviation: math.Sqrt(max(0, square-mean*mean))}
	}
	return collection.Statistics{Passages: n, Dense: both(a.Dense, b.Dense), Words: both(a.Words, b.Words)}
}
