package cbow

import (
	"fmt"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
)

// The model card describes the options in words.
func TestCard(t *testing.T) {
	for options, wants := range map[string][]string{
		`{"window":3,"negative":5,"noise_exponent":0.5,"windows":"weighted","sum_vectors":true}`: {
			"CBOW: the weighted mean of the context words predicts the word", "3 words on each side; a word at distance d is weighted by (4-d)/3", "power 0.5",
			"the sum of a word's input and output vectors; the input vectors are `word.weight` in `training/state.safetensors`",
		},
		`{"window":5,"loss":"hs","cbow_sum":true,"position_weights":true}`: {
			"CBOW: the sum of the context words predicts the word, with a learned weight for each position", "the input vectors]",
		},
	} {
		kind := checkpoints.KindOf("cbow")
		got := fmt.Sprint(kind.Card(&checkpoints.Checkpoint{Config: checkpoints.Config{Kind: "cbow", Options: []byte(options)}}))
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in %s", options, want, got)
			}
		}
	}
}
