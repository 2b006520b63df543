package skipgram

import (
	"fmt"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// The model card describes the options in words.
func TestCard(t *testing.T) {
	for _, c := range []struct {
		options string
		ngrams  tokenize.NGramOptions
		want    []string
	}{
		{`{"window":5,"negative":7,"noise_exponent":0.75,"windows":"weighted"}`, tokenize.NGramOptions{}, []string{
			"skip-gram: each context word predicts the word", "5 words on each side; a word at distance d is weighted by (6-d)/5",
			"negative sampling: the word against 7 words drawn in proportion to their count to the power 0.75", "the input vectors]",
		}},
		{`{"window":5,"windows":"full","freeze_init":true}`, tokenize.NGramOptions{Min: 3, Max: 6, Buckets: 9}, []string{
			"5 words on each side, weighted equally", "rows of its character n-grams, 3 to 6 characters long; the initial vectors were frozen",
		}},
		{`{"window":5,"loss":"hs"}`, tokenize.NGramOptions{}, []string{
			"the number of words on each side is drawn from 1 to 5", "hierarchical softmax: the branches on the path to the word in a Huffman tree",
		}},
		{`{"window":"wide"}`, tokenize.NGramOptions{}, []string{"[[objective `skipgram`]]"}},
	} {
		kind := checkpoints.KindOf("skipgram")
		got := fmt.Sprint(kind.Card(&checkpoints.Checkpoint{Config: checkpoints.Config{Kind: "skipgram", Options: []byte(c.options), NGrams: c.ngrams}}))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in %s", c.options, want, got)
			}
		}
	}
}
