package sentence

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// withNGrams gives layers character n-grams with random rows.
func withNGrams(t testing.TB, l Layers) Layers {
	t.Helper()
	grams, err := tokenize.NewNGrams(l.Tokenizer.Vocabulary(), tokenize.NGramOptions{Min: 2, Max: 3, Buckets: 2_000_000})
	if err != nil {
		t.Fatal(err)
	}
	l.NGrams, l.NGramTable = grams, randomTensor(rand.New(rand.NewPCG(3, 4)), grams.Rows(), l.Embedding.Shape[1])
	return l
}

// withWords is a model without n-grams that knows more words: those that l knows
// and the given ones, each with the mean of its n-grams' rows, worked out in
// float64 by looking forevery bucket in the list. It leaves out words without any.
func withWords(t testing.TB, l Layers, words ...string) Layers {
	t.Helper()
	all := slices.Clone(l.Tokenizer.Vocabulary().Tokens())
	data := slices.Clone(l.Embedding.Data)
	for _, word := range words {
		var rows []int
		for _, gram := range l.NGrams.Explain(word) {
			if row := slices.Index(l.NGrams.Buckets(), gram.Bucket); row >= 0 {
				rows = append(rows, row)
			}
		}
		if len(rows) == 0 {
			continue
		}
		all = append(all, word)
		for i := range l.Embedding.Shape[1] {
			var sum float64
			for _, row := range rows {
				sum += float64(l.NGramTable.Row(row)[i])
			}
			data = append(data, float32(sum/float64(len(rows))))
		}
	}
	l.Tokenizer = tokenizerOf(t, all...)
	l.Embedding = checkpoints.Tensor{Shape: []int{len(all), l.Embedding.Shape[1]}, Data: data}
	l.NGrams, l.NGramTable = nil, nil
	return l
}

// TestUnknownWords: a model with n-grams gives the vectors that it would give if
// it knew the words; with all layers, folded, in a batch, from a file, explained.
func TestUnknownWords(t *testing.T) {
	unknown := []string{"waaa", "wabc", "xwac", "wz", "55555", "日本"}
	texts := []string{"waa wabc wab", "wabc", "wz wz xwac", "55555", "", "waa 55555 WAAA 日本", "waab"}
	for _, s := range shapes() {
		l := withNGrams(t, randomLayers(t, s, 40))
		enc, err := New(l)
		if err != nil {
			t.Fatal(err)
		}
		oracle, err := New(withWords(t, l, append(unknown, "waab")...))
		if err != nil {
			t.Fatal(err)
		}
		folded, err := enc.Fold()
		if err != nil {
			t.Fatal(err)
		}
		if s.hidden > 0 && folded != enc || s.hidden == 0 && !folded.Folded() {
			t.Errorf("%+v: folded %v", s, folded.Folded())
		}
		dir := filepath.Join(t.TempDir(), "model")
		if err := checkpoints.Write(context.Background(), dir, folded.Checkpoint(), checkpoints.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		opened, err := Open(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		want, wantKnown, err := oracle.EncodeBatch(context.Background(), texts, 1)
		if err != nil {
			t.Fatal(err)
		}
		for name, e := range map[string]*Encoder{"encoder": enc, "folded": folded, "opened": opened} {
			got, known, err := e.EncodeBatch(context.Background(), texts, 3)
			if err != nil || !slices.Equal(known, wantKnown) {
				t.Fatalf("%s %+v: known %d, want %d (%v)", name, s, known, wantKnown, err)
			}
			for i := range got {
				if diff := math.Abs(float64(got[i] - want[i])); !(diff <= 2e-5*(1+math.Abs(float64(want[i])))) {
					t.Fatalf("%s %+v: text %q is %v, want %v", name, s, texts[i/e.Dim()], got[i], want[i])
				}
			}
			for i, text := range texts {
				x, err := e.Explain(text)
				if err != nil || x.Known != known[i] || !slices.Equal(x.Vector, got[i*e.Dim():(i+1)*e.Dim()]) {
					t.Errorf("%s %+v: Explain and Encode differ on %q (%v)", name, s, text, err)
				}
			}
		}
	}
}

func TestExplainNGrams(t *testing.T) {
	enc, err := New(withNGrams(t, randomLayers(t, shape{dim: 3}, 40)))
	if err != nil {
		t.Fatal(err)
	}
	x, out := explained(t, enc, "waa wabc 55555")
	if x.Known != 2 || x.Composed != 1 || x.Unknown != 1 || x.Tokens[0].NGrams != nil || len(x.Tokens[1].NGrams) != 9 || x.Tokens[1].ID != -1 {
		t.Errorf("%+v", x)
	}
	for _, want := range []string{
		"tokens      2 known (1 composed of n-grams), 1 unknown\n", "  wabc   mean of 8 of 9 n-grams: <w <wa wa wab ab bc bc> c>\n",
		"  55555  unknown\n", "or the mean of its n-grams' rows", "divided by 2",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	_, out = explained(t, enc, "wab"+strings.Repeat("wac", 100))
	for line := range strings.Lines(out) {
		if columns(strings.TrimSuffix(line, "\n")) > terminalColumns {
			t.Errorf("too wide: %q", line)
		}
	}
	if _, out := explained(t, enc, "waa 55555"); strings.Contains(out, "n-gram") {
		t.Errorf("nothing is composed:\n%s", out)
	}
}

func TestNewChecksNGrams(t *testing.T) {
	for _, c := range []struct {
		change func(*Layers)
		says   string
	}{
		{func(l *Layers) { l.NGrams = nil }, "must be present together"},
		{func(l *Layers) { l.NGramTable = nil }, "must be present together"},
		{func(l *Layers) { l.NGramTable.Shape = []int{1, 5} }, "ngrams.weight has shape [1 5]"},
		{func(l *Layers) { l.NGramTable = randomTensor(rand.New(rand.NewPCG(1, 1)), l.NGrams.Rows(), 4) }, "and 5 columns"},
		{func(l *Layers) { l.NGramTable.Data[7] = float32(math.NaN()) }, "ngrams.weight holds NaN in row 1, column 2"},
	} {
		l := withNGrams(t, randomLayers(t, shape{dim: 5}, 10))
		c.change(&l)
		if _, err := New(l); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("error %v, want %q", err, c.says)
		}
	}
}
