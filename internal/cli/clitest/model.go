package clitest

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// Dim is the length of the vectors of the small model.
const Dim = 8

// words are the small model: each dimension is an idea that one can name, so
// that what the commands must answer can be worked out by hand.
//
//	0 royal  1 man  2 woman  3 city  4 country  5 France  6 Italy  7 food
var words = []struct {
	word   string
	count  int64
	vector [Dim]float32
}{
	{"king", 900, [Dim]float32{1, 1, 0, 0, 0, 0, 0, 0}},
	{"queen", 800, [Dim]float32{1, 0, 1, 0, 0, 0, 0, 0}},
	{"man", 700, [Dim]float32{0, 1, 0, 0, 0, 0, 0, 0}},
	{"woman", 600, [Dim]float32{0, 0, 1, 0, 0, 0, 0, 0}},
	{"paris", 500, [Dim]float32{0, 0, 0, 1, 0, 1, 0, 0}},
	{"rome", 400, [Dim]float32{0, 0, 0, 1, 0, 0, 1, 0}},
	{"france", 300, [Dim]float32{0, 0, 0, 0, 1, 1, 0, 0}},
	{"italy", 200, [Dim]float32{0, 0, 0, 0, 1, 0, 1, 0}},
	{"bread", 100, [Dim]float32{0, 0, 0, 0, 0, 0.5, 0, 1}},
	{"pasta", 90, [Dim]float32{0, 0, 0, 0, 0, 0, 0.5, 1}},
	{"computer", 80, [Dim]float32{0.25, 0.25, 0.25, -1, -1, 0, 0, -1}},
	{"keyboard", 70, [Dim]float32{0.25, 0, 0, -1, -1, 0.25, 0, -1}},
}

// WriteModel writes the small model to dir, untrained, the same bytes each
// time. With n above the dozen words that have a meaning it is filled up with
// words "w000012", "w000013", ... of random vectors.
func WriteModel(dir string, n int) error {
	c, err := Model(n)
	if err != nil {
		return err
	}
	return checkpoints.Write(context.Background(), dir, c, checkpoints.WriteOptions{})
}

// WriteNGramModel writes the small model with character n-grams, each of which has
// the mean of the vectors of the words that it stands in. So a word that has its
// known n-grams from one word alone, as "kingdom" has from "king", has its vector.
func WriteNGramModel(dir string) error {
	c, err := Model(0)
	if err != nil {
		return err
	}
	if c.NGrams, err = tokenize.NewNGrams(c.Vocabulary, tokenize.NGramOptions{Min: 3, Max: 6, Buckets: 2_000_000}); err != nil {
		return err
	}
	rows := make([][Dim]float32, c.NGrams.Rows())
	words := make([]float32, c.NGrams.Rows()) // that a row is of
	for id := range int32(c.Vocabulary.Len()) {
		for _, row := range c.NGrams.Of(id) {
			for i, v := range c.Embedding().Row(int(id)) {
				rows[row][i] += v
			}
			words[row]++
		}
	}
	table := checkpoints.Tensor{Shape: []int{len(rows), Dim}}
	for row, sum := range rows {
		for _, v := range sum {
			table.Data = append(table.Data, v/words[row])
		}
	}
	c.Tensors[checkpoints.NGramTensor] = table
	return checkpoints.Write(context.Background(), dir, c, checkpoints.WriteOptions{})
}

// Model makes the checkpoint that WriteModel writes.
func Model(n int) (*checkpoints.Checkpoint, error) {
	var tokens []string
	var counts []int64
	var data []float32
	for _, w := range words {
		tokens, counts = append(tokens, w.word), append(counts, w.count)
		data = append(data, w.vector[:]...)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := len(words); i < n; i++ {
		tokens, counts = append(tokens, fmt.Sprintf("w%06d", i)), append(counts, 1)
		for range Dim {
			data = append(data, float32(random.NormFloat64()))
		}
	}
	vocabulary, err := tokenize.NewVocabulary(tokens, counts)
	if err != nil {
		return nil, err
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(vocabulary)
	if err != nil {
		return nil, err
	}
	return &checkpoints.Checkpoint{
		Config: checkpoints.Config{
			Kind: "skipgram", Dim: Dim, Encoder: checkpoints.EncoderConfig{Pooling: "mean"},
			Corpus:   checkpoints.CorpusInfo{Sources: []string{"ideas.txt"}, RawWords: 5000, Words: 4740, Lines: 100, Vocabulary: len(tokens)},
			Progress: checkpoints.Progress{Done: 1, Epoch: 3, Epochs: 3, Loss: 2.25, Seconds: 1.5, Finished: true},
		},
		Tokenizer:  tokenizer,
		Vocabulary: vocabulary,
		Tensors:    map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: {Shape: []int{len(tokens), Dim}, Data: data}},
	}, nil
}
