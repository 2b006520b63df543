package skipgram_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/skipgram"
)

// Train on a text in memory, then ask for neighbours.
func ExampleTrain() {
	content := strings.Repeat("the cat sees the dog\nthe dog sees the cat\nthe car passes the bus\nthe bus passes the car\n", 100)
	ctx := context.Background()
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	corpus, err := corpora.Build(ctx, text.FromReader("text", strings.NewReader(content)), corpora.BuildOptions{Tokenizer: tokenizer})
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

// A trained model goes on with new text, and learns its new words.
func ExampleContinue() {
	ctx := context.Background()
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	build := func(content string, known *tokenize.Vocabulary) *corpora.Corpus {
		corpus, err := corpora.Build(ctx, text.FromReader("text", strings.NewReader(content)),
			corpora.BuildOptions{Tokenizer: tokenizer, MinCount: 5, Base: known})
		if err != nil {
			log.Fatal(err)
		}
		return corpus
	}
	o := skipgram.DefaultOptions()
	o.Dim, o.Subsample = 16, 0
	old := build(strings.Repeat("the cat sees the dog\n", 100), nil)
	defer old.Close()
	model, err := skipgram.Train(ctx, o, skipgram.Run{Corpus: old, Tokenizer: tokenizer})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Vocabulary.Tokens())

	more := build(strings.Repeat("the horse sees the cat\n", 100), model.Vocabulary)
	defer more.Close()
	begun, err := skipgram.Continue(model, more, o)
	if err != nil {
		log.Fatal(err)
	}
	if model, err = skipgram.Train(ctx, o, skipgram.Run{Corpus: more, Tokenizer: tokenizer, Resume: begun}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Vocabulary.Tokens())
	// Output:
	// [the cat dog sees]
	// [the cat sees dog horse]
}
