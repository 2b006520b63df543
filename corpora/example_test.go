package corpora_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
)

// Text becomes a vocabulary, sorted by count, and blocks of ids.
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
