package skipgram_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/skipgram"
)

// Train on a text in memory, then ask for neighbours.
func ExampleTrain() {
	text := strings.Repeat("the cat sees the dog\nthe dog sees the cat\nthe car passes the bus\nthe bus passes the car\n", 100)
	ctx := context.Background()
	tokenizer := corpora.NewWordTokenizer(corpora.WordOptions{})
	corpus, err := corpora.Build(ctx, corpora.FromReader("text", strings.NewReader(text)), corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer corpus.Close()

	o := skipgram.DefaultOptions()
	o.Dim, o.Window, o.Epochs, o.Subsample, o.Threads, o.LearningRate = 16, 2, 20, 0, 1, 0.05
	model, err := skipgram.Train(ctx, o, skipgram.Run{Corpus: corpus, Tokenizer: tokenizer})
	if err != nil {
		fmt.Println(err)
		return
	}
	vectors := evaluate.NewWordVectors(model)
	for _, word := range []string{"cat", "car"} {
		near, err := vectors.Neighbors(word, 1)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s is nearest to %s\n", word, near[0].Word)
	}
	// Output:
	// cat is nearest to dog
	// car is nearest to bus
}
