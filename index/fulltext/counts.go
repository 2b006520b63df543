package fulltext

import (
	"context"
	"math"

	"github.com/luminavec/luminavec/internal/fault"
)

// Counts say how rare the terms of a question are. Those of several indexes, added up, make the scores of each
// comparable with those of the others.
type Counts struct {
	Passages int64            `json:"passages" minimum:"0" doc:"number of passages"`
	Terms    map[string]int64 `json:"terms" doc:"number of passages that have each term of the question"`
}

// Counts returns those of the terms of a question.
func (x *Index) Counts(ctx context.Context, question string) (*Counts, error) {
	if err := checkLength(question); err != nil {
		return nil, err
	}
	p := x.prepare()
	c := &Counts{Passages: int64(p.live), Terms: map[string]int64{}}
	for i, w := range x.Terms(question) {
		if err := ctx.Err(); err != nil || i >= maxTerms {
			return c, err
		}
		t, err := p.term(w.Term)
		if err != nil {
			return nil, err
		}
		c.Terms[w.Term] = int64(t.df)
	}
	return c, nil
}

// Add adds the counts of another index.
func (c *Counts) Add(o *Counts) {
	if c.Terms == nil {
		c.Terms = map[string]int64{}
	}
	c.Passages = sum(c.Passages, o.Passages)
	for term, n := range o.Terms {
		c.Terms[term] = sum(c.Terms[term], n)
	}
}

// sum adds numbers that are not negative, and that a server may have sent.
func sum(a, b int64) int64 {
	a, b = max(0, a), max(0, b)
	return a + min(b, math.MaxInt64-a)
}

// of returns the number of passages and the number of those that have a term. They are at least those of the index itself.
func (c *Counts) of(term string, live, df int64) (allLive, allDF int64) {
	if c == nil {
		return live, df
	}
	live = max(live, c.Passages)
	return live, min(max(df, c.Terms[term]), live)
}

func checkLength(question string) error {
	if len(question) > maxQuestion {
		return fault.New("ask a shorter question", "the question has %d bytes, more than %d", len(question), maxQuestion)
	}
	return nil
}
