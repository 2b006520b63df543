package corpora

import (
	"math"
	"testing"
)

func TestKeepProbabilities(t *testing.T) {
	// Of 1,000,000 words: 10%, 1%, the threshold itself, very few, none.
	v := newVocabulary(t, "a b c d e f", 100000, 10000, 100, 1, 0, 889899)
	keep := KeepProbabilities(v, 1e-4)
	// By hand from word2vec.c: ran = (sqrt(cn / (sample * train_words)) + 1) * (sample *
	// train_words) / cn.
	want := []float64{(math.Sqrt(1000) + 1) / 1000, 11.0 / 100, 1, 1, 1}
	for i, w := range want {
		if math.Abs(float64(keep[i])-w) > 1e-7 {
			t.Errorf("word %d is kept with %v, want %v", i, keep[i], w)
		}
	}
	for _, p := range KeepProbabilities(v, 0) {
		if p != 1 {
			t.Errorf("threshold 0 keeps %v", p)
		}
	}
}
