package main

import (
	"fmt"
	"os"

	"github.com/sbinet/npyio"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/sentence"
)

// readStatic makes an encoder of a table that a peer of this run has trained, a row a
// token, and saved as NumPy's float32.
func readStatic(path string, tokenizer *tokenize.Tokenizer) (*sentence.Encoder, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := npyio.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var data []float32
	if err := r.Read(&data); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return sentence.New(sentence.Layers{
		Tokenizer: tokenizer, Normalize: true,
		Embedding: checkpoints.Tensor{Shape: r.Header.Descr.Shape, Data: data},
	})
}
