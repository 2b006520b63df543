package main

import (
	"testing"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

func TestCompareAndRarest(t *testing.T) {
	v, err := tokenize.NewVocabulary([]string{"the", "cat", "sees"}, []int64{9, 5, 2})
	if err != nil {
		t.Fatal(err)
	}
	words, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		a, b   string
		n      int
		shared float64
		rarest int32 // of a
	}{
		{"the cat", "The cat, the dog", 6, 2. / 3, 1},
		{"the cat sees", "it", 4, 0, 2},
		{"a bird", "a bird", 4, 1, 3},
		{"", "", 0, 0, 0},
	} {
		n, shared := compare(words, c.a, c.b)
		if r := rarest(words, c.a); n != c.n || shared != c.shared || r != c.rarest {
			t.Errorf("%q and %q: %d words, %v shared, rarest %d; want %d, %v, %d", c.a, c.b, n, shared, r, c.n, c.shared, c.rarest)
		}
	}
}
