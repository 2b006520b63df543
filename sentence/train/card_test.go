package train

import (
	"fmt"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/sentence"
)

// The model card says in words what the options mean.
func TestCard(t *testing.T) {
	rows := func(options string) string {
		c := &checkpoints.Checkpoint{Config: checkpoints.Config{Kind: sentence.Kind, Options: []byte(options)}, Tokenizer: tokenize.NewWordTokenizer(tokenize.WordOptions{})}
		return fmt.Sprint(checkpoints.KindOf(sentence.Kind).Card(c))
	}
	got := rows(`{"loss":"in-batch","scale":20,"symmetric":true,"batch_size":1024,"optimizer":"adamw","learning_rate":0.002,` +
		`"warmup":0.1,"decay":"cosine","weight_decay":0.01,"clip_norm":1,"dropout":0.2,"pooling":"sif","sif":0.001,"freeze":true,"matryoshka":[64,32,16]}`)
	for _, want := range []string{
		"finding a text's partner among those of its batch, by 20 times the cosine, in both directions",
		"the first 64, 32 or 16 values of a vector can be used alone", "1024 examples", "weighted by 0.001/(0.001+p)",
		"adamw, learning rate 0.002 with cosine decay to 0, warm-up over the first 0.1 of the run, weight decay 0.01, gradients clipped to norm 1, dropout 0.2; the table was frozen",
		"[tokens words]",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	for loss, want := range map[string]string{
		"related": "related: logistic loss", "cosine": "squared difference", "cosent": "by their scores",
		"contrastive": "close together", "triplet": "closer by", "own": "`own`",
	} {
		if got := rows(`{"loss":"` + loss + `","batch_size":1}`); !strings.Contains(got, want) {
			t.Errorf("loss %s: no %q in %s", loss, want, got)
		}
	}
	if got := rows(`{}`); got != "[[objective `sentence`]]" {
		t.Errorf("without options: %s", got)
	}
}
