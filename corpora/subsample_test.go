package corpora

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
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

// By hand: of 50 words with equal counts, f = 0.02, the threshold t keeps (√(f/t)+1)·t/f:
// (√200+1)/200 with 1e-4, (√20+1)/20 with 1e-3, and all with 1e-2.
func TestAdaptSubsample(t *testing.T) {
	few := make([]int64, 50)
	for i := range few {
		few[i] = 320
	}
	many := make([]int64, 20000)
	for i := range many {
		many[i] = 7
	}
	names := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "w%d ", i)
		}
		return b.String()
	}
	v, large := newVocabulary(t, names(50), few...), newVocabulary(t, names(20000), many...)
	for threshold, want := range map[float64]float64{1e-4: (math.Sqrt(200) + 1) / 200, 1e-3: (math.Sqrt(20) + 1) / 20, 1e-2: 1, 0: 1} {
		if got := KeptShare(v, threshold); math.Abs(got-want) > 1e-6 {
			t.Errorf("threshold %g keeps %g, want %g", threshold, got, want)
		}
	}
	if got := AdaptSubsample(v, 1e-4); math.Abs(got-0.01) > 1e-12 {
		t.Errorf("50 words: %g, want 0.01", got)
	}
	if got := AdaptSubsample(large, 1e-4); got != 1e-4 {
		t.Errorf("20,000 words: %g, want 1e-4", got)
	}
	if got := AdaptSubsample(v, 0); got != 0 {
		t.Errorf("a threshold of 0 became %g", got)
	}
	sample, err := Build(context.Background(), text.Sample(), BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer sample.Close()
	if got := AdaptSubsample(sample.Vocabulary(), 1e-4); got != 1e-4 {
		t.Errorf("English Wikipedia: %g, want 1e-4", got)
	}
}
