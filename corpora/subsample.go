package corpora

import (
	"math"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// KeepProbabilities returns, by id, the probability of keeping an occurrence of a word
// when frequent words are subsampled, as in word2vec.c:
//
//	keep(w) = min(1, (sqrt(f/t) + 1) · t/f),  f = count(w) / total
//
// where t is the threshold. With t = 1e-4, a word that makes up 1% of the corpus is kept
// with probability 0.11, and words below about 0.03% are always kept. With t ≤ 0 all words
// are kept, as are words with count 0.
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
