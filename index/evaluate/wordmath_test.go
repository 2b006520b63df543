package evaluate

import (
	"math"
	"slices"
	"testing"
)

// The values are those of gensim 4's most_similar, most_similar_cosmul and doesnt_match for the same vectors.
func TestWordMath(t *testing.T) {
	w := vectors(false, []string{"king", "man", "woman", "queen", "apple"}, [][]float32{{3, 1, 0}, {2, 0, 0}, {2, 0, 2}, {3, 1, 3}, {0, 4, 1}})
	royal := Terms{Plus: []string{"king", "woman"}, Minus: []string{"man"}}
	for _, c := range []struct {
		name string
		find func(Terms, int) ([]Neighbor, error)
		of   Terms
		want []Neighbor
	}{
		{"sum", w.Sum, royal, []Neighbor{{"queen", 0.9957025647}, {"apple", 0.4712539613}}},
		{"product", w.Product, royal, []Neighbor{{"queen", 1.0084208250}, {"apple", 0.7654474377}}},
		{"product of one", w.Product, Terms{Plus: []string{"king"}, Minus: []string{"man"}}, []Neighbor{{"apple", 1.3067834377}, {"queen", 1.0220506191}, {"woman", 0.9787427187}}},
	} {
		got, err := c.find(c.of, 10)
		if err != nil || !sameNeighbors(got, c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
		}
	}
	odd, err := w.Odd([]string{"king", "queen", "man", "apple"})
	if want := []Neighbor{{"apple", 0.5332893133}, {"man", 0.8290198445}, {"queen", 0.8812973499}, {"king", 0.9371740818}}; err != nil || !sameNeighbors(odd, want) {
		t.Errorf("odd: %v, %v", odd, err)
	}
	if _, err := w.Odd([]string{"king", "quene"}); err == nil {
		t.Error("an unknown word: no error")
	}
	sum, err := w.Sum(royal, 3)
	analogy, err2 := w.Analogy("man", "king", "woman", 3)
	if err != nil || err2 != nil || !sameNeighbors(sum, analogy) {
		t.Errorf("sum %v, analogy %v", sum, analogy)
	}
}

func sameNeighbors(a, b []Neighbor) bool {
	return slices.EqualFunc(a, b, func(x, y Neighbor) bool {
		return x.Word == y.Word && math.Abs(float64(x.Score-y.Score)) < 1e-6
	})
}

func TestParseTerms(t *testing.T) {
	for text, want := range map[string]Terms{
		"king - man + woman":   {Plus: []string{"king", "woman"}, Minus: []string{"man"}},
		"- man + king":         {Plus: []string{"king"}, Minus: []string{"man"}},
		"x-ray + new york - a": {Plus: []string{"x-ray", "new york"}, Minus: []string{"a"}},
	} {
		got, ok, err := ParseTerms(text)
		if err != nil || !ok || !slices.Equal(got.Plus, want.Plus) || !slices.Equal(got.Minus, want.Minus) {
			t.Errorf("%q: %+v, %v, %v", text, got, ok, err)
		}
	}
	for _, text := range []string{"king", "-", "+", "x-ray", "c++", "", "new york"} {
		if _, ok, err := ParseTerms(text); ok || err != nil {
			t.Errorf("%q: %v, %v", text, ok, err)
		}
	}
	for _, text := range []string{"king -", "king - + man", "- man"} {
		if _, _, err := ParseTerms(text); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
