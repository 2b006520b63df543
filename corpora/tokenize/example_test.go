package tokenize_test

import (
	"fmt"
	"log"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// Words become ids; the position of a token is that of its text.
func Example() {
	v, err := tokenize.NewVocabulary([]string{"don't", "panic", "3.14"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	words, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		log.Fatal(err)
	}
	const text = "Don't panic, it's 3.14!"
	fmt.Println(words.Encode(nil, text))
	for _, token := range words.Tokens(text) {
		fmt.Println(token.Text, token.ID, text[token.Start:token.End])
	}
	// Output:
	// [0 1 2]
	// don't 0 Don't
	// panic 1 panic
	// it's -1 it's
	// 3.14 2 3.14
}

// A subword tokenizer has a vocabulary of its own.
func ExampleParse() {
	file := `{"normalizer":{"type":"Lowercase"},"pre_tokenizer":{"type":"Whitespace"},
		"model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[UNK]":0,"un":1,"##fathom":2,"##able":3}}}`
	pieces, err := tokenize.Parse("tokenizer.json", []byte(file))
	if err != nil {
		log.Fatal(err)
	}
	pieces.Each("Unfathomable!", func(token []byte, id int32) { fmt.Printf("%s %d\n", token, id) })
	// Output:
	// un 1
	// ##fathom 2
	// ##able 3
	// [UNK] 0
}

// A word outside the vocabulary shares n-grams with words of the vocabulary.
func ExampleNewNGrams() {
	v, err := tokenize.NewVocabulary([]string{"music", "musical"}, []int64{9, 4})
	if err != nil {
		log.Fatal(err)
	}
	grams, err := tokenize.NewNGrams(v, tokenize.NGramOptions{Min: 3, Max: 4, Buckets: 1 << 20})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(grams.Rows(), "rows")
	fmt.Println("of music:", len(grams.Of(0)))
	fmt.Println("of unmusical:", len(grams.Append(nil, "unmusical")))
	fmt.Println("of 42:", len(grams.Append(nil, "42")))
	// Output:
	// 15 rows
	// of music: 9
	// of unmusical: 11
	// of 42: 0
}
