package evaluate

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// grams is a model of random vectors with character n-grams.
func grams(t *testing.T, dim int, words ...string) *checkpoints.Checkpoint {
	t.Helper()
	v, err := tokenize.NewVocabulary(words, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &checkpoints.Checkpoint{Config: checkpoints.Config{Dim: dim}, Vocabulary: v}
	if c.Tokenizer, err = tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v); err != nil {
		t.Fatal(err)
	}
	if c.NGrams, err = tokenize.NewNGrams(v, tokenize.DefaultNGramOptions()); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	random := func(rows int) checkpoints.Tensor {
		t := checkpoints.NewTensor(rows, dim)
		for i := range rows {
			for j := range dim {
				t.Row(i)[j] = float32(r.NormFloat64())
			}
		}
		return t
	}
	c.Tensors = map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: random(len(words)), checkpoints.NGramTensor: random(c.NGrams.Rows())}
	return c
}

// TestComposedWords compares with the vectors of checkpoints, in float64.
func TestComposedWords(t *testing.T) {
	for _, dim := range []int{1, 16, 37} {
		c := grams(t, dim, "walking", "talking", "walked", "cat")
		w := NewWordVectors(c)
		cosine := func(a, b string) float64 {
			x, y := make([]float32, dim), make([]float32, dim)
			if !c.Vector(x, a) || !c.Vector(y, b) {
				t.Fatalf("%s or %s has no vector", a, b)
			}
			var xy, xx, yy float64
			for i := range x {
				xy, xx, yy = xy+float64(x[i])*float64(y[i]), xx+float64(x[i])*float64(x[i]), yy+float64(y[i])*float64(y[i])
			}
			return xy / math.Sqrt(xx*yy)
		}
		for _, pair := range [][2]string{{"walking", "cat"}, {"Talked", "walked"}, {"cats", "CAT"}, {"talked", "cats"}} {
			got, ok := w.Similarity(pair[0], pair[1])
			if want := cosine(pair[0], pair[1]); !ok || math.Abs(got-want) > 1e-6 {
				t.Errorf("%d dimensions: %s and %s: %v, want %v (%v)", dim, pair[0], pair[1], got, want, ok)
			}
		}
		near, err := w.Neighbors("talked", 10)
		if err != nil || len(near) != 4 {
			t.Fatalf("%v, %v: want all 4 words", near, err)
		}
		for _, n := range near {
			if want := cosine("talked", n.Word); math.Abs(float64(n.Score)-want) > 1e-6 {
				t.Errorf("talked and %s: %v, want %v", n.Word, n.Score, want)
			}
		}
		if found, err := w.Analogy("walking", "walked", "talks", 10); err != nil || len(found) != 2 {
			t.Errorf("%v, %v: want the 2 words that were not given", found, err)
		}
		for _, word := range []string{"zzz", "", "walking cat", "\xff", "?!"} {
			if _, ok := w.Similarity(word, "cat"); ok || w.Composed(word) != 0 {
				t.Errorf("%q has a vector", word)
			}
			if _, err := w.Neighbors(word, 1); err == nil {
				t.Errorf("%q has neighbours", word)
			}
		}
		if w.Composed("Walking") != 0 || w.Composed("WALKS") != len(c.NGrams.Append(nil, "walks")) {
			t.Errorf("composed of %d and %d n-grams", w.Composed("Walking"), w.Composed("WALKS"))
		}
	}
}

func TestWordsComposed(t *testing.T) {
	c := grams(t, 20, "walking", "talking", "walked", "cat")
	set := &sets.WordPairs{Name: "set", Pairs: []sets.WordPair{
		{A: "walking", B: "cat", Score: 1}, {A: "walks", B: "walking", Score: 2}, {A: "cats", B: "talks", Score: 3}, {A: "cat", B: "zzz", Score: 4}}}
	r := Words(NewWordVectors(c), set)
	if r.Pairs != 3 || r.Composed != 2 || r.Missing != 1 || len(r.MissingWords) != 1 || r.MissingWords[0] != "zzz" {
		t.Errorf("%+v", r)
	}
	var b bytes.Buffer
	n, err := r.WriteTo(&b)
	if err != nil || n != int64(b.Len()) || !strings.HasSuffix(b.String(), "\n  2 of these with a word composed of its n-grams\n") {
		t.Errorf("%d bytes, %v:\n%s", n, err, &b)
	}
	c.NGrams = nil
	if r := Words(NewWordVectors(c), set); r.Pairs != 1 || r.Composed != 0 || r.Missing != 3 {
		t.Errorf("%+v", r)
	}
}
