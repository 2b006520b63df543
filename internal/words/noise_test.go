package words

import (
	"math"
	"testing"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/training"
)

// countedWords returns a vocabulary of words with the given counts.
func countedWords(t *testing.T, counts ...int64) *tokenize.Vocabulary {
	t.Helper()
	tokens := make([]string, len(counts))
	for i := range tokens {
		tokens[i] = string(rune('a' + i))
	}
	v, err := tokenize.NewVocabulary(tokens, counts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// With two workers each word that is less than mostOfPart of the noise is in one part, where it is twice as likely; the
// mean of the parts is the noise.
func TestNoiseParts(t *testing.T) {
	counts := make([]int64, 2500)
	for i := range counts {
		counts[i] = int64(3_000_000 / (i + 20))
	}
	counts[0], counts[7] = 2_000_000, 0 // more than mostOfPart; does not occur
	v := countedWords(t, counts...)
	parts := noiseParts(v, 0.75, 2)
	if len(parts) != 2 {
		t.Fatalf("%d parts", len(parts))
	}
	total := 0.0
	for _, c := range counts {
		total += math.Pow(float64(c), 0.75)
	}
	const draws = 2_000_000
	var got [2][]float64
	for i, p := range parts {
		got[i] = make([]float64, len(counts))
		rng := training.NewRandom(1, int64(i))
		for range draws {
			got[i][p.Draw(rng.Next())] += 1.0 / draws
		}
	}
	for id, c := range counts {
		want := math.Pow(float64(c), 0.75) / total
		if mean := (got[0][id] + got[1][id]) / 2; math.Abs(mean-want) > 0.01*want+5*math.Sqrt(want/draws) {
			t.Errorf("word %d has the probability %g, want %g", id, mean, want)
		}
		if both := got[0][id] > 0 && got[1][id] > 0; both != (id == 0) {
			t.Errorf("word %d is drawn with %g and %g", id, got[0][id], got[1][id])
		}
	}
	if parts := noiseParts(countedWords(t, 5, 4, 3), 0.75, 2); len(parts) != 1 {
		t.Errorf("three words have %d parts", len(parts))
	}
}
