package collection_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/sentence"
)

func Example() {
	parent, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(parent)
	dir, ctx := filepath.Join(parent, "docs"), context.Background()

	docs := func(yield func(documents.Passage, error) bool) {
		for i, text := range []string{"how are you", "who are you", "who am I"} {
			if !yield(documents.Passage{Path: "questions.txt", FirstLine: i + 1, LastLine: i + 1, Text: text}, nil) {
				return
			}
		}
	}
	_, err = collection.BuildPassages(ctx, dir, sentence.WorkedExample(), docs,
		collection.BuildOptions{Index: index.Options{Metric: index.Dot}})
	if err != nil {
		fmt.Println(err)
		return
	}

	c, err := collection.Open(ctx, dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	hits, err := c.Query(ctx, "am I you", 2, index.SearchOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, h := range hits {
		fmt.Printf("%.4f  %s  (%s:%d)\n", h.Score, h.Text, h.Path, h.FirstLine)
	}
	// Output:
	// 6.8889  who am I  (questions.txt:3)
	// 4.8889  how are you  (questions.txt:1)
}
