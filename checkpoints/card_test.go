package checkpoints

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

func TestCard(t *testing.T) {
	c := newSmall(t)
	var b bytes.Buffer
	if err := writeCard(&b, c); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# Skip-gram word vectors, 2 dimensions\n", "4 tokens, 87 parameters", "LuminaVec 0.1 on 2026-01-02",
		"50.0% is done", "linear layer with ReLU, 2 outputs", "scaled to length 1",
		"`the`, `of`, `naïve`, `cat`", "| text | `wiki.txt.zst`, `-` |", "| time | 2s |",
		"| `window` | `5` |", "| `learning_rate` | `0.025` |", "| `note` | `\"<a & b>\"` |",
		"made of their parts", "runs of 3 to 4 characters", "into 1,000 buckets", "and 21 of those", "return h % 1000\n", "(21, 3)", "| `ngrams.txt` |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in the card", want)
		}
	}
	if strings.Contains(b.String(), "StaticEmbedding") {
		t.Error("a model with layers is shown as a static embedding")
	}
	c.Config.Encoder = EncoderConfig{}
	c.Config.Progress.Finished = true
	c.NGrams, c.Config.NGrams = nil, tokenize.NGramOptions{}
	b.Reset()
	if err := writeCard(&b, c); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "StaticEmbedding") || strings.Contains(b.String(), "not finished") || strings.Contains(b.String(), "ngrams") {
		t.Errorf("card of a plain, finished model:\n%s", &b)
	}
}

// TestCardIsSafe: what users name cannot break the card's tables.
func TestCardIsSafe(t *testing.T) {
	c := newSmall(t)
	c.Config.Corpus.Sources = []string{"a|b`c\nd", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
	c.Config.Options = []byte("{\"a|`b\":{\"d\":\"|`\\n\",\"c\":[1,2]}}")
	v, err := tokenize.NewVocabulary([]string{"`", "|", "x", "y"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Vocabulary = v
	var b bytes.Buffer
	if err := writeCard(&b, c); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| text | `a¦b'c d`, `1`, ", ", and 2 more |", "| `a¦'b.c` | `[1,2]` |\n| `a¦'b.d` | "} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in the card:\n%s", want, &b)
		}
	}
}

// The card says in words what the options of a word trainer mean.
func TestCardMethod(t *testing.T) {
	for _, c := range []struct {
		kind, options string
		ngrams        tokenize.NGramOptions
		want          []string
	}{
		{"skipgram", `{"window":5,"negative":7,"noise_exponent":0.75,"windows":"weighted"}`, tokenize.NGramOptions{}, []string{
			"skip-gram: each word around a word predicts it", "5 words on each side; at distance d a word counts (6-d)/5",
			"negative sampling: the word against 7 that are drawn by their count to the power 0.75", "the input vectors",
		}},
		{"cbow", `{"window":3,"negative":5,"noise_exponent":0.5,"windows":"weighted","sum_vectors":true}`, tokenize.NGramOptions{}, []string{
			"CBOW: the weighted mean of the words around a word predicts it", "3 words on each side; at distance d a word counts (4-d)/3", "power 0.5",
			"the sum of a word's input and output vectors; the input vectors are `word.weight` in `training/state.safetensors`",
		}},
		{"cbow", `{"window":5,"loss":"hs","cbow_sum":true,"position_weights":true}`, tokenize.NGramOptions{}, []string{
			"CBOW: the sum of the words around a word predicts it, with a learnt weight for each place",
			"as many words on each side as is drawn from 1 to 5", "hierarchical softmax: the turns of the path to the word in a Huffman tree", "the input vectors",
		}},
		{"skipgram", `{"window":5,"windows":"full","freeze_init":true}`, tokenize.NGramOptions{Min: 3, Max: 6, Buckets: 9}, []string{
			"5 words on each side, all alike", "rows of its character n-grams, 3 to 6 characters long; those that the training began with were left as they were",
		}},
		{"skipgram", `{"window":"wide"}`, tokenize.NGramOptions{}, []string{"[[objective `skipgram`]]"}},
		{"sentence", `{"window":5}`, tokenize.NGramOptions{}, []string{"[[objective `sentence`]]"}},
	} {
		got := fmt.Sprint(method(Config{Kind: c.kind, Options: []byte(c.options), NGrams: c.ngrams}))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s %s: no %q in %s", c.kind, c.options, want, got)
			}
		}
	}
}

func TestGroup(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 123456: "123,456"} {
		if got := group(n); got != want {
			t.Errorf("group(%d) = %q", n, got)
		}
	}
}
