package checkpoints_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/checkpoints"
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

func Example() {
	ctx := context.Background()
	parent, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)
	dir := filepath.Join(parent, "model")

	if err := checkpoints.Write(ctx, dir, tiny(), checkpoints.WriteOptions{}); err != nil {
		log.Fatal(err)
	}
	model, err := checkpoints.Read(ctx, dir, checkpoints.ReadOptions{})
	if err != nil {
		log.Fatal(err)
	}
	id, _ := model.Vocabulary.ID("dog")
	fmt.Println(model.Embedding().Row(int(id)))

	report, err := checkpoints.Verify(ctx, dir)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range report.Files {
		fmt.Println(f.Name)
	}

	// A second model does not silently take the place of the first.
	err = checkpoints.Write(ctx, dir, tiny(), checkpoints.WriteOptions{})
	fmt.Println(errors.Is(err, fs.ErrExist))
	// Output:
	// [0.9 0.6 0]
	// README.md
	// config.json
	// model.blocks
	// model.safetensors
	// tokenizer.json
	// vocab.tsv
	// true
}
