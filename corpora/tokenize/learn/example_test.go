package learn_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/corpora/tokenize/learn"
)

// The text of the paper on byte pair encoding.
func ExampleTrain() {
	src := text.FromReader("text", strings.NewReader(strings.Repeat("low low lower newest newest widest\n", 3)))
	o := learn.DefaultOptions(learn.WordPiece)
	o.Vocabulary = 32
	result, err := learn.Train(context.Background(), src, o)
	if err != nil {
		log.Fatal(err)
	}
	for _, token := range result.Tokenizer.Tokens("The lowest") {
		fmt.Println(token.Text)
	}
	// Output:
	// [UNK]
	// low
	// ##est
}

// Phrases become words of their own.
func ExampleFindPhrases() {
	src := text.FromReader("text", strings.NewReader("New York is big.\nI like New York, and New York likes me.\n"))
	o := learn.DefaultPhraseOptions(learn.Word2Phrase)
	o.MinCount, o.Threshold = 1, 2
	found, err := learn.FindPhrases(context.Background(), src, o)
	if err != nil {
		log.Fatal(err)
	}
	words, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithPhrases(found.Phrases)
	if err != nil {
		log.Fatal(err)
	}
	words.Words([]byte("in New York"), func(word []byte) { fmt.Println(string(word)) })
	// Output:
	// in
	// new_york
}
