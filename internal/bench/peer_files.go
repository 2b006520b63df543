package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index/evaluate"
)

// trainingResult is the JSON that a peer's script prints after training.
type trainingResult struct {
	Seconds float64 `json:"seconds"`
	Pairs   float64 `json:"pairs"` // total of all epochs
	Loss    float64 `json:"loss"`
}

func parseTraining(out []byte) (trainingResult, error) {
	var r trainingResult
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("unexpected output %q: %w", out, err)
	}
	if r.Seconds <= 0 {
		return r, fmt.Errorf("unexpected output %q: seconds must be positive", out)
	}
	return r, nil
}

// writeWords writes the normalized words of source, separated by spaces.
func writeWords(ctx context.Context, path string, source *text.Source, t *tokenize.Tokenizer) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	err = source.Read(ctx, func(c text.Chunk) error {
		t.Words(c.Text, func(word []byte) {
			w.Write(word)
			w.WriteByte(' ')
		})
		if c.LineEnd {
			w.WriteByte('\n')
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// readVectors reads the vectors that a peer wrote. It drops fastText's token for the end
// of a line, </s>.
func readVectors(ctx context.Context, path string) (*evaluate.WordVectors, error) {
	vectors, err := exchange.Open(ctx, path, exchange.Options{})
	if err != nil {
		return nil, err
	}
	defer vectors.Close()
	var tokens []string
	var data []float32
	err = vectors.Each(ctx, func(row exchange.Row) error {
		if string(row.Token) != "</s>" {
			tokens, data = append(tokens, string(row.Token)), append(data, row.Values...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(tokens) == 0 {
		return nil, fmt.Errorf("%s: no vectors", path)
	}
	counts := make([]int64, len(tokens))
	for i := range counts {
		counts[i] = int64(len(tokens) - i) // the evaluation needs only the order
	}
	v, err := tokenize.NewVocabulary(tokens, counts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	t, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return evaluate.NewWordVectors(&checkpoints.Checkpoint{
		Config:    checkpoints.Config{Kind: checkpoints.VectorsKind, Dim: vectors.Dim},
		Tokenizer: t, Vocabulary: v,
		Tensors: map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: {Shape: []int{len(tokens), vectors.Dim}, Data: data}},
	}), nil
}
