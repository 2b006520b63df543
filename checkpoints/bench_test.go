package checkpoints

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// bigVocabulary makes n tokens of 2 to 12 letters, as long as those of a
// model of English on average.
func bigVocabulary(b *testing.B, n int) *tokenize.Vocabulary {
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	var tokens []string
	var counts []int64
	for len(tokens) < n {
		word := make([]byte, 2+r.IntN(11))
		for i := range word {
			word[i] = 'a' + byte(r.IntN(26))
		}
		if token := string(word); !seen[token] {
			seen[token] = true
			tokens = append(tokens, token)
			counts = append(counts, int64(1_000_000/len(tokens)+5))
		}
	}
	v, err := tokenize.NewVocabulary(tokens, counts)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// BenchmarkOpen reads a model of 70,000 words and 100 dimensions, as a
// one-shot query does.
func BenchmarkOpen(b *testing.B) {
	c := newSmall(b)
	c.Vocabulary = bigVocabulary(b, 70_000)
	var err error
	if c.Tokenizer, err = c.Tokenizer.WithVocabulary(c.Vocabulary); err != nil {
		b.Fatal(err)
	}
	c.Config.Dim, c.Config.Encoder = 100, EncoderConfig{Pooling: "mean"}
	table := NewTensor(c.Vocabulary.Len(), 100)
	for i := range table.Rows() {
		for j := range table.Row(i) {
			table.Row(i)[j] = float32(i*j%1000) / 999
		}
	}
	c.Tensors, c.State = map[string]Tensor{EmbeddingTensor: table}, nil
	dir := filepath.Join(b.TempDir(), "model")
	mustWrite(b, dir, c)
	for b.Loop() {
		if _, err := Read(context.Background(), dir, ReadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
