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

import "math"

// DenseWeight is the default weight of the dense score.
const DenseWeight = 0.45

// Stats are the mean and the standard deviation of the scores of all passages, or of a sample.
type Stats struct{ Mean, Deviation float64 }

// Measure returns the statistics of scores.
func Measure(scores []float32) Stats {
	if len(scores) == 0 {
		return Stats{}
	}
	var sum float64
	for _, s := range scores {
		sum += float64(s)
	}
	mean := sum / float64(len(scores))
	var squares float64
	for _, s := range scores {
		squares += (float64(s) - mean) * (float64(s) - mean)
	}
	return Stats{mean, math.Sqrt(squares / float64(len(scores)))}
}

// Z returns the z-score of a score: 0 if all scores are equal.
func (s Stats) Z(score float64) float64 {
	if s.Deviation < 1e-12 {
		return 0
	}
	return (score - s.Mean) / s.Deviation
}

// Combine returns the combined score of two z-scores, with the weight of the dense one, 0 to 1.
func Combine(dense, words, weight float64) float64 { return weight*dense + (1-weight)*words }
