package index_test

import (
	"bytes"
	"context"
	"fmt"

	"github.com/luminavec/luminavec/index"
)

func Example() {
	ix, err := index.New(index.Options{Dim: 2, Metric: index.Cosine})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Three vectors under the labels 10, 20 and 30.
	if err := ix.AddBatch(context.Background(), []int64{10, 20, 30}, []float32{1, 0, 1, 1, 0, 1}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ix.Add(20, []float32{5, 5}))

	var file bytes.Buffer
	if err := ix.Save(&file); err != nil {
		fmt.Println(err)
		return
	}
	ix, err = index.Load(&file)
	if err != nil {
		fmt.Println(err)
		return
	}
	results, err := ix.Search([]float32{3, 4}, 2, index.SearchOptions{})
	for _, r := range results {
		fmt.Printf("%d %.2f\n", r.Label, r.Score)
	}
	fmt.Println(err)
	// Output:
	// index: label 20 is already in the index
	// 20 0.99
	// 30 0.80
	// <nil>
}
