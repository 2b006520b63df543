package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/sentence"
)

//go:embed static_embedding.py
var staticEmbeddingScript string

// staticEmbedding measures sentence-transformers. Its script reads the tokenizer and the
// pairs from files.
func (b *sentenceBench) staticEmbedding(cmd *cobra.Command, sources []pairs.Source, tokenizer *tokenize.Tokenizer, sets []*sets.Retrieval) ([]row, error) {
	const name = "sentence-transformers StaticEmbedding, 256 dimensions"
	if exec.Command("python3", "-c", "import sentence_transformers, datasets, accelerate").Run() != nil {
		cli.Note(cmd, "sentence-transformers is not installed: skipped")
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file, err := tokenizer.MarshalJSON()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), file, 0o644); err != nil {
		return nil, err
	}
	for i, source := range sources {
		if err := writePairs(cmd.Context(), filepath.Join(dir, fmt.Sprintf("pairs-%02d.jsonl", i)), source); err != nil {
			return nil, err
		}
	}
	cli.Note(cmd, "%s", name)
	threads := b.threads[len(b.threads)-1]
	c := exec.CommandContext(cmd.Context(), "python3", "-", dir, fmt.Sprint(b.epochs), fmt.Sprint(threads))
	c.Stdin, c.Stderr = strings.NewReader(staticEmbeddingScript), os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("sentence-transformers: %w", err)
	}
	result, err := parseTraining(out)
	if err != nil {
		return nil, fmt.Errorf("sentence-transformers: %w", err)
	}
	encoder, err := readStatic(cmd.Context(), filepath.Join(dir, "vectors.npy"), tokenizer)
	if err != nil {
		return nil, err
	}
	q, err := b.judge(cmd.Context(), encoder, sets)
	if err != nil {
		return nil, err
	}
	r := row{system: name, threads: threads, quality: [][]float64{q}}
	r.add(result.Seconds, result.Pairs, result.Loss)
	return []row{r}, nil
}

// writePairs writes the pairs of a source as JSON Lines.
func writePairs(ctx context.Context, path string, source pairs.Source) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	e := json.NewEncoder(f)
	var anchor *string
	_, err = pairs.EachText(ctx, []pairs.Source{source}, pairs.Options{}, func(text []byte) error {
		s := string(text)
		if anchor == nil {
			anchor = &s
			return nil
		}
		pair := map[string]string{"anchor": *anchor, "positive": s}
		anchor = nil
		return e.Encode(pair)
	})
	if err != nil {
		return err
	}
	return f.Close()
}

// readStatic returns an encoder for a table that a peer trained and saved as a NumPy array with
// one row for each token.
func readStatic(ctx context.Context, path string, tokenizer *tokenize.Tokenizer) (*sentence.Encoder, error) {
	data, read, err := exchange.ReadAll(ctx, path, exchange.Options{})
	if err != nil {
		return nil, err
	}
	dim := read.Dim
	return sentence.New(sentence.Layers{
		Tokenizer: tokenizer, Normalize: true,
		Embedding: checkpoints.Tensor{Shape: []int{len(data) / dim, dim}, Data: data},
	})
}
