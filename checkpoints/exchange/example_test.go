package exchange_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// tiny is a model of two words.
func tiny() *checkpoints.Checkpoint {
	vocabulary, err := tokenize.NewVocabulary([]string{"cat", "dog"}, []int64{7, 5})
	if err != nil {
		log.Fatal(err)
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(vocabulary)
	if err != nil {
		log.Fatal(err)
	}
	table := checkpoints.NewTensor(2, 3)
	copy(table.Row(0), []float32{1, 0.5, 0})
	copy(table.Row(1), []float32{0.9, 0.6, 0})
	return &checkpoints.Checkpoint{
		Config:     checkpoints.Config{Kind: "skipgram", Dim: 3},
		Tokenizer:  tokenizer,
		Vocabulary: vocabulary,
		Tensors:    map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: table},
	}
}

func ExampleExport() {
	if err := exchange.Export(context.Background(), os.Stdout, tiny(), "word2vec"); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 2 3
	// cat 1 0.5 0
	// dog 0.9 0.6 0
}

func ExampleImport() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "glove.txt")
	if err := os.WriteFile(path, []byte("cat 1 0.5 0\ndog 0.9 0.6 0\n"), 0o600); err != nil {
		log.Fatal(err)
	}
	model, report, err := exchange.Import(context.Background(), path, exchange.ImportOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Format, model.Vocabulary.Tokens(), model.Config.Dim)
	// Output:
	// glove [cat dog] 3
}
