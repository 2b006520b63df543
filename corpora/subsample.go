package corpora

import (
	"math"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// KeepProbabilities returns, by id, how likely an occurrence of a word is kept
// when frequent words are thinned out, as in word2vec.c:
//
//	keep(w) = min(1, (sqrt(f/t) + 1) · t/f),  f = count(w) / total
//
// With t = 1e-4 a word that makes up 1% of the corpus is kept with probability
// 0.11, one below about 0.03% always. Threshold 0 (or less) keeps all, and so
// does a word without a count.
func KeepProbabilities(v *tokenize.Vocabulary, threshold float64) []float32 {
	keep := make([]float32, v.Len())
	for i := range keep {
		keep[i] = 1
		if threshold > 0 && v.Count(int32(i)) > 0 {
			f := float64(v.Count(int32(i))) / float64(v.Total())
			keep[i] = float32(min(1, (math.Sqrt(f/threshold)+1)*threshold/f))
		}
	}
	return keep
}
