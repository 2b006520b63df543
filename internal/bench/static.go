package main

import (
	"context"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/sentence"
)

// readStatic makes an encoder of a table that a peer of this run has trained and saved
// as a NumPy array, a row a token.
func readStatic(ctx context.Context, path string, tokenizer *tokenize.Tokenizer) (*sentence.Encoder, error) {
	data, dim, err := exchange.ReadAll(ctx, path)
	if err != nil {
		return nil, err
	}
	return sentence.New(sentence.Layers{
		Tokenizer: tokenizer, Normalize: true,
		Embedding: checkpoints.Tensor{Shape: []int{len(data) / dim, dim}, Data: data},
	})
}
