package index

import (
	"fmt"
	"testing"
	"time"
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

// BenchmarkSearchBatch reports how many queries of a batch are answered per second by as many threads as processors, and
// how many times as many as by one thread. Batches with one thread and with all take turns, so that both see the same
// machine and the same index; compared between the runs of -cpu 1,2, they would not. Threads share memory and, on many machines, cores:
// the ratio says as much about the machine as about the index.
//
//	go test ./index -run '^$' -bench SearchBatch
func BenchmarkSearchBatch(b *testing.B) {
	const n, dim, count = 20_000, 256, 2000
	vectors := clustered(n+count, dim, 31)
	base, queries := vectors[:n*dim], vectors[n*dim:]
	for _, o := range []Options{
		{Kind: Flat, Quantization: NoQuantization}, {Kind: Flat, Quantization: Int4},
		{Kind: HNSW, Quantization: Int4}, {Kind: HNSW, Quantization: Edges},
	} {
		o.Dim, o.EfConstruction = dim, 80
		var ix Index
		b.Run(fmt.Sprintf("%s/%s", o.Kind, o.Quantization), func(b *testing.B) {
			if ix == nil { // b.Run calls this for each number of processors
				ix = filled(b, o, base)
				mustSearch(b, ix, queries[:dim], 10, SearchOptions{Recall: DefaultRecall}) // which measures the widths
			}
			threads := &ix.(kindIndex).base().options.Threads
			var took [2]time.Duration
			batch := func(i, n int) {
				*threads = n
				began := time.Now()
				if _, err := ix.SearchBatch(b.Context(), queries, 10, SearchOptions{Recall: DefaultRecall}); err != nil {
					b.Fatal(err)
				}
				took[i] += time.Since(began)
			}
			batch(0, 0) // every thread needs its buffers once
			took[0] = 0
			for b.Loop() {
				batch(0, 1)
				batch(1, 0)
			}
			b.ReportMetric(float64(b.N*count)/took[1].Seconds(), "queries/s")
			b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "times-1-thread")
		})
	}
}

func BenchmarkAdd(b *testing.B) {
	const n, dim = 10_000, 100
	vectors := clustered(n, dim, 31)
	for b.Loop() {
		filled(b, Options{Dim: dim, Threads: 1}, vectors)
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "vectors/s")
}
