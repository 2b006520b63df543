package collection_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

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

	docs := func(yield func(collection.Document, error) bool) {
		for i, text := range []string{"how are you", "who are you", "who am I"} {
			if !yield(collection.Document{Text: text, File: "questions.txt", Line: int64(i + 1)}, nil) {
				return
			}
		}
	}
	_, err = collection.Build(ctx, dir, sentence.WorkedExample(), docs,
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
		fmt.Printf("%.4f  %s  (%s:%d)\n", h.Score, h.Text, h.File, h.Line)
	}
	// Output:
	// 6.8889  who am I  (questions.txt:3)
	// 4.8889  how are you  (questions.txt:1)
}
