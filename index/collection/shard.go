package collection

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/index/fusion"
)

// Counts says how rare the words of a question are in the collection, for Question.Counts.
func (c *Collection) Counts(ctx context.Context, text string) (*fulltext.Counts, error) {
	if c.words == nil {
		return &fulltext.Counts{}, nil
	}
	return c.words.Counts(ctx, text)
}

// Identity identifies what decides whether vectors of two collections can be compared: the metric and the models. It is "" in
// collections of older releases, which do not say.
func (c *Collection) Identity() string {
	if c.info.Models == nil {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join(c.info.modelSums(), "\n")))
	return c.info.Metric + ":" + hex.EncodeToString(sum[:16])
}

func (c *Collection) matches(ctx context.Context, q Question) (*fulltext.Matches, error) {
	if q.Counts == nil {
		return c.words.Query(ctx, q.Text)
	}
	return c.words.QueryTerms(ctx, c.words.Terms(q.Text), q.Counts)
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
