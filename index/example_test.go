package index_test

import (
	"bytes"
	"context"
	"errors"
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

// Two parts of the vectors are searched as one index, one of them by a function that asks another machine. If one does
// not answer, Partial returns what the other has found.
func ExampleShards() {
	ctx := context.Background()
	fill := func(labels []int64, vectors []float32) index.Index {
		ix, err := index.New(index.Options{Dim: 2, Kind: index.Flat, Metric: index.Euclidean})
		if err == nil {
			err = ix.AddBatch(ctx, labels, vectors)
		}
		if err != nil {
			panic(err)
		}
		return ix
	}
	near := fill([]int64{1, 2}, []float32{0, 0, 3, 0})
	far := fill([]int64{3, 4}, []float32{1, 0, 9, 0})
	reachable := true
	remote := func(ctx context.Context, queries []float32, k int, o index.SearchOptions) ([][]index.Result, error) {
		if !reachable {
			return nil, errors.New("connection refused")
		}
		return far.SearchBatch(ctx, queries, k, o)
	}
	shards, err := index.NewShards(index.ShardsOptions{Dim: 2, Metric: index.Euclidean, Partial: true},
		index.Shard{Name: "here", Search: near.SearchBatch}, index.Shard{Name: "far.example.com", Search: remote})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		found, err := shards.Search(ctx, []float32{0, 0}, 3, index.SearchOptions{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(found.Results[0], found.Failed)
		reachable = false
	}
	// Output:
	// [{1 0} {3 1} {2 3}] []
	// [{1 0} {2 3}] [shard far.example.com: connection refused]
}
