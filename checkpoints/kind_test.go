package checkpoints

import (
	"bytes"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// The trainers' packages register these outside of tests.
func init() {
	RegisterKind(Kind{Name: "skipgram", Title: "Skip-gram word vectors"})
	RegisterKind(Kind{Name: "texts", Title: "Text encoder", Texts: true})
	own := func(c *Checkpoint) [][2]string { return [][2]string{{"objective", "of its own"}} }
	RegisterKind(Kind{Name: "texts", Card: own})
	RegisterKind(Kind{Name: "reversed", Card: own})
	RegisterKind(Kind{Name: "reversed", Title: "Text encoder", Texts: true})
}

func TestKind(t *testing.T) {
	for _, name := range []string{"texts", "reversed"} {
		if k := KindOf(name); k.Title != "Text encoder" || !k.Texts || k.Card == nil || k.Token() != "token" || k.Example() != "example" {
			t.Errorf("a kind that was registered in parts: %+v", k)
		}
	}
	k := KindOf("new")
	if k.Title != "Embedding model (`new`)" || k.Texts || k.Imported || k.Token() != "word" || k.Example() != "line" {
		t.Errorf("an unknown kind: %+v", k)
	}
	if rows := k.card(nil); len(rows) != 1 || rows[0] != [2]string{"objective", "`new`"} {
		t.Errorf("its card: %q", rows)
	}
	for _, k := range []Kind{{}, {Name: VectorsKind, Title: "Again"}, {Name: "texts", Card: k.card}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v was registered", k)
				}
			}()
			RegisterKind(k)
		}()
	}
}

// The card of a model of texts shows how each pooling is computed, in words and in
// Python.
func TestCardOfTexts(t *testing.T) {
	c := newSmall(t)
	c.NGrams, c.Config.NGrams = nil, tokenize.NGramOptions{}
	c.Config.Kind = "texts"
	c.Config.Corpus.RawWords, c.Config.Corpus.Lines = 1234, 56
	card := func() string {
		var b bytes.Buffer
		if err := writeCard(&b, c); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text := card()
	for _, want := range []string{
		"pipeline_tag: sentence-similarity", "- sentence-embeddings", "| objective | of its own |",
		"1,234 in 56 examples", "search eval sts", "def encode(text)", `model["linear.weight"].T`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the card", want)
		}
	}
	for _, unwanted := range []string{"nats", "lines |", "def neighbors", "StaticEmbedding"} {
		if strings.Contains(text, unwanted) {
			t.Errorf("%q is in the card", unwanted)
		}
	}
	for _, p := range []struct {
		pooling, step, python string
		static                bool
	}{
		{"", "The tokens are averaged.", "x.mean(axis=0)", true},
		{"mean", "The tokens are averaged.", "x.mean(axis=0)", true},
		{"max", "the largest value", "x.max(axis=0)", false},
		{"cls", "The first token", "x[0]", false},
		{"sep", "The last token", "x[-1]", false},
		{"sif", "multiplied by its weight", `(x * model["weights"][ids, None]).mean(axis=0)`, true},
	} {
		c.Config.Encoder = EncoderConfig{Pooling: p.pooling, Normalize: true}
		text := card()
		if !strings.Contains(text, p.step) || !strings.Contains(text, "z = "+p.python) || strings.Contains(text, "StaticEmbedding") != p.static {
			t.Errorf("pooling %q:\n%s", p.pooling, text)
		}
	}
}
