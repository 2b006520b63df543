package cbow_test

import (
	"context"
	"fmt"
	"log"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/cbow"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// With Deterministic, two threads compute the same vectors as one.
func ExampleTrain() {
	ctx := context.Background()
	content := strings.Repeat("the cat sees the dog\nthe dog sees the cat\nthe car passes the bus\nthe bus passes the car\n", 2000)
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	corpus, err := corpora.Build(ctx, text.FromReader("text", strings.NewReader(content)), corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		log.Fatal(err)
	}
	defer corpus.Close()

	var models []*checkpoints.Checkpoint
	for _, threads := range []int{1, 2} {
		o := cbow.DefaultOptions()
		o.Dim, o.Window, o.Subsample, o.Deterministic, o.Threads = 16, 2, 0, true, threads
		model, err := cbow.Train(ctx, o, cbow.Run{Corpus: corpus, Tokenizer: tokenizer})
		if err != nil {
			log.Fatal(err)
		}
		models = append(models, model)
	}
	fmt.Println(slices.Equal(models[0].Embedding().Data, models[1].Embedding().Data))
	// Output: true
}
