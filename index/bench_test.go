package index

import (
	"fmt"
	"testing"
)

// BenchmarkSearch reports recall@10 and queries per second for several widths of the beam.
func BenchmarkSearch(b *testing.B) {
	const n, dim = 20_000, 100
	vectors := clustered(n+500, dim, 31)
	base, queries := vectors[:n*dim], vectors[n*dim:]
	exact := filled(b, Options{Dim: dim, Kind: Flat}, base)
	b.Run("flat", func(b *testing.B) { search(b, exact, queries, SearchOptions{}) })
	approx := filled(b, Options{Dim: dim}, base)
	for _, ef := range []int{10, 20, 40, 80, 160, 320} {
		b.Run(fmt.Sprintf("hnsw/ef=%d", ef), func(b *testing.B) {
			o := SearchOptions{Ef: ef}
			search(b, approx, queries, o)
			b.ReportMetric(recall(b, exact, approx, queries, 10, o), "recall@10")
		})
	}
}

func search(b *testing.B, ix Index, queries []float32, o SearchOptions) {
	dim := ix.Options().Dim
	n := len(queries) / dim
	i := 0
	for b.Loop() {
		q := queries[i%n*dim:][:dim]
		if _, err := ix.Search(q, 10, o); err != nil {
			b.Fatal(err)
		}
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "queries/s")
}

func BenchmarkAdd(b *testing.B) {
	const n, dim = 10_000, 100
	vectors := clustered(n, dim, 31)
	for b.Loop() {
		filled(b, Options{Dim: dim, Threads: 1}, vectors)
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "vectors/s")
}
