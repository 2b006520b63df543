package corpora_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// Text becomes a vocabulary, ordered by count, and blocks of ids.
func ExampleBuild() {
	ctx := context.Background()
	text := text.FromReader("text", strings.NewReader("A rose is a rose.\nIs it?\n"))
	corpus, err := corpora.Build(ctx, text, corpora.BuildOptions{MinCount: 2})
	if err != nil {
		log.Fatal(err)
	}
	defer corpus.Close()
	v := corpus.Vocabulary()
	for id := range int32(v.Len()) {
		fmt.Println(id, v.Token(id), v.Count(id))
	}
	var ids []int32
	for b := range corpus.Blocks() {
		if ids, err = corpus.Block(ids, b); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(ids)
	// Output:
	// 0 a 2
	// 1 is 2
	// 2 rose 2
	// [0 2 1 0 2 -1 1 -1]
}

// A word that the vocabulary does not have shares n-grams with words that it has.
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
