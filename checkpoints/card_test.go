package checkpoints

import (
	"bytes"
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
		"composed from their character n-grams", "runs of 3 to 4 characters", "into 1,000 buckets", "and 21 of those", "return h % 1000\n", "(21, 3)", "| `ngrams.txt` |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in the card", want)
		}
	}
	if strings.Contains(b.String(), "StaticEmbedding") {
		t.Error("a model with layers is shown as a static embedding")
	}
	c.Config.Encoder = EncoderConfig{Normalize: true}
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

// Names that users choose cannot break the tables of the card.
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

func TestGroup(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 123456: "123,456"} {
		if got := group(n); got != want {
			t.Errorf("group(%d) = %q", n, got)
		}
	}
}
