// Package fusion combines the scores of two searches of the same passages: by meaning (dense) and
// by words (BM25).
//
// Cosines and BM25 scores have different scales, which depend on the question. So each score is
// replaced by its z-score, the number of standard deviations that it is above the mean of the scores
// of all passages for that question, and the combined score is a convex combination,
//
//	score = w·z(dense) + (1 − w)·z(BM25)
//
// Ranks are not used: reciprocal rank fusion forgets that one passage is far better than the next.
package fusion

import (
	"math"

	"github.com/luminavec/luminavec/internal/fault"
)

// Mode is how passages are found.
type Mode string

// The modes.
const (
	Dense  Mode = "dense"  // by meaning: the vectors nearest to that of the question
	BM25   Mode = "bm25"   // by words
	Hybrid Mode = "hybrid" // by both
)

// Modes returns all modes, the default first.
func Modes() []Mode { return []Mode{Hybrid, Dense, BM25} }

// Summary says in a few words what a mode does.
func (m Mode) Summary() string {
	switch m {
	case Dense:
		return "by meaning"
	case BM25:
		return "by words"
	}
	return "by meaning and by words"
}

// Validate returns an error if there is no such mode.
func (m Mode) Validate() error {
	switch m {
	case Dense, BM25, Hybrid:
		return nil
	}
	return fault.Field("Mode", "", "must be %s, got %q", fault.OneOf(Modes()), string(m))
}

// DenseWeight is the default weight of the dense score.
const DenseWeight = 0.45

// Stats are the mean and the standard deviation of the scores of all passages, or of a sample.
type Stats struct {
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"`
}

// Measure returns the statistics of scores.
func Measure(scores []float32) Stats {
	if len(scores) == 0 {
		return Stats{}
	}
	var sum, squares float64
	for _, s := range scores {
		sum += float64(s)
		squares += float64(s) * float64(s)
	}
	return FromSums(sum, squares, len(scores))
}

// FromSums returns the statistics of n scores from their sum and the sum of their squares.
func FromSums(sum, squares float64, n int) Stats {
	if n == 0 {
		return Stats{}
	}
	mean := sum / float64(n)
	return Stats{mean, math.Sqrt(max(0, squares/float64(n)-mean*mean))}
}

// Z returns the z-score of a score: 0 if all scores are equal.
func (s Stats) Z(score float64) float64 {
	if s.Deviation < 1e-9 {
		return 0
	}
	return (score - s.Mean) / s.Deviation
}

// Combine returns the combined score of two z-scores, with the weight of the dense one, 0 to 1.
func Combine(dense, words, weight float64) float64 { return weight*dense + (1-weight)*words }
