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

// KeptShare returns the share of the text, from 0 to 1, that subsampling with a threshold keeps on
// average; see [KeepProbabilities].
func KeptShare(v *tokenize.Vocabulary, threshold float64) float64 {
	kept := 0.0
	for id, p := range KeepProbabilities(v, threshold) {
		kept += float64(p) * float64(v.Count(int32(id)))
	}
	return kept / float64(max(1, v.Total()))
}

// LeastKept is the share of the text below which subsampling leaves too little to learn from.
const LeastKept = 1. / 3

// AdaptSubsample returns the first of threshold, ten times threshold, a hundred times and so on
// that keeps at least a third of the text ([LeastKept]). In ordinary text, with tens of
// thousands of words, that is threshold itself: 1e-4 keeps about 60% of English. In text of few
// different words, such as the products of shopping baskets or the nodes of random walks,
// every word is frequent: of 50 equally frequent words 1e-4 keeps 8%.
func AdaptSubsample(v *tokenize.Vocabulary, threshold float64) float64 {
	for ; threshold > 0 && threshold < 1; threshold *= 10 {
		if KeptShare(v, threshold) >= LeastKept {
			return threshold
		}
	}
	return 0
}
