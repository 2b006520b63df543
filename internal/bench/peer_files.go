package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
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

// readVectors reads the vectors that a peer wrote in word2vec's text format.
func readVectors(path string) (*evaluate.WordVectors, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	tokens, data, err := parseVectors(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
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
	dim := len(data) / len(tokens)
	return evaluate.NewWordVectors(&checkpoints.Checkpoint{
		Config: checkpoints.Config{Kind: "import", Dim: dim}, Tokenizer: t, Vocabulary: v,
		Tensors: map[string]checkpoints.Tensor{"embedding.weight": {Shape: []int{len(tokens), dim}, Data: data}},
	}), nil
}

// parseVectors reads word2vec's text format: a line with the number and the dimension of the
// vectors, then a line for each vector, starting with the word. It drops </s>, fastText's token
// for the end of a line.
func parseVectors(r io.Reader) (tokens []string, data []float32, err error) {
	b := bufio.NewReaderSize(r, 1<<20)
	var rows, dim int
	if _, err := fmt.Fscanf(b, "%d %d\n", &rows, &dim); err != nil {
		return nil, nil, fmt.Errorf("line 1: expected the number and the dimension of the vectors: %w", err)
	}
	read := 0
	for number := 2; ; number++ {
		line, err := b.ReadString('\n')
		if err != nil && err != io.EOF {
			return nil, nil, err
		}
		if fields := strings.FieldsFunc(line, isSeparator); len(fields) > 0 {
			if len(fields) != dim+1 {
				return nil, nil, fmt.Errorf("line %d: expected a word and %d numbers but found %d fields", number, dim, len(fields))
			}
			read++
			if fields[0] != "</s>" {
				tokens = append(tokens, fields[0])
				for _, s := range fields[1:] {
					v, err := strconv.ParseFloat(s, 32)
					if err != nil {
						return nil, nil, fmt.Errorf("line %d: vector of %q: %q is not a number", number, fields[0], s)
					}
					data = append(data, float32(v))
				}
			}
		}
		if err == io.EOF {
			break
		}
	}
	if read != rows || len(tokens) == 0 {
		return nil, nil, fmt.Errorf("expected %d vectors but found %d", rows, read)
	}
	return tokens, data, nil
}

func isSeparator(r rune) bool { return r == ' ' || r == '\n' || r == '\r' }
