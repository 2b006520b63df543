package checkpoints

import (
	"bytes"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// The card of a sentence model says how it was trained, and how each pooling is done, here
// and in Python.
func TestCardOfSentences(t *testing.T) {
	c := newSmall(t)
	c.NGrams, c.Config.NGrams = nil, tokenize.NGramOptions{}
	c.Config.Kind = sentenceKind
	c.Config.Corpus.RawWords, c.Config.Corpus.Lines = 1234, 56
	c.Config.Options = []byte(`{"loss":"in-batch","scale":20,"symmetric":true,"batch_size":1024,"optimizer":"adamw","learning_rate":0.002,` +
		`"warmup":0.1,"decay":"cosine","weight_decay":0.01,"clip_norm":1,"dropout":0.2,"sif":0.001,"freeze":true,"matryoshka":[64,32,16]}`)
	card := func() string {
		var b bytes.Buffer
		if err := writeCard(&b, c); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text := card()
	for _, want := range []string{
		"pipeline_tag: sentence-similarity", "- sentence-embeddings",
		"finding the partner of a text among those of its batch, by 20 times the cosine, both ways",
		"the first 64, 32 or 16 numbers", "1,024 examples",
		"adamw, learning rate 0.002 down to 0 in half a cosine, rising in the first 0.1 of the run, weight decay 0.01, gradients cut to length 1, dropout 0.2; the table stayed as it began",
		"| tokens | words |", "1,234 in 56 examples", "search eval sts", "def encode(text)", `model["linear.weight"].T`,
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
		{"", "The mean is taken over the tokens.", "x.mean(axis=0)", true},
		{"mean", "The mean is taken over the tokens.", "x.mean(axis=0)", true},
		{"max", "the largest value", "x.max(axis=0)", false},
		{"cls", "The first token", "x[0]", false},
		{"sep", "The last token", "x[-1]", false},
		{"sif", "`pooling.weight`: 0.001/(0.001+p)", `(x * model["pooling.weight"][ids, None]).mean(axis=0)`, true},
	} {
		c.Config.Encoder = EncoderConfig{Pooling: p.pooling}
		text := card()
		if !strings.Contains(text, p.step) || !strings.Contains(text, "z = "+p.python+"\n") || strings.Contains(text, "StaticEmbedding") != p.static {
			t.Errorf("pooling %q:\n%s", p.pooling, text)
		}
		if weighted := strings.Contains(text, `table = table * load_file("model.safetensors")["pooling.weight"][:, None]`); weighted != (p.pooling == "sif") {
			t.Errorf("pooling %q: the static embedding is weighted: %v", p.pooling, weighted)
		}
	}
	for loss, want := range map[string]string{
		"related": "related: the logistic loss", "cosine": "squared difference", "cosent": "the order of the scores",
		"contrastive": "related texts near", "triplet": "nearer by", "own": "`own`",
	} {
		c.Config.Options = []byte(`{"loss":"` + loss + `","batch_size":1}`)
		if text := card(); !strings.Contains(text, "| objective | ") || !strings.Contains(text, want) {
			t.Errorf("loss %s: no %q", loss, want)
		}
	}
}
