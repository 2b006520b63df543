package train

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/kernel"
)

// BenchmarkFused runs batches of 1,024 pairs of 50 tokens from a vocabulary of
// 10,000 with the frequencies of Zipf's law.
func BenchmarkFused(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rng, 1.05, 20, 9999)
	for _, form := range []struct {
		name   string
		hidden int
	}{{"plain", 0}, {"hidden", 256}} {
		e := &Parameters{Rows: 10_000, Dim: 256, Table: kernel.Aligned(10_000 * 256), Hidden: form.hidden,
			Linear: kernel.Aligned(form.hidden * 256), Bias: kernel.Aligned(form.hidden)}
		for _, m := range [][]float32{e.Table, e.Linear} {
			for i := range m {
				m[i] = float32(rng.NormFloat64())
			}
		}
		batch := &Batch{Examples: 1024, Columns: 2, Offsets: []int32{0}}
		place := map[int32]int32{}
		for range batch.Texts() {
			for range 25 {
				id := int32(zipf.Uint64())
				if _, ok := place[id]; !ok {
					place[id] = int32(len(batch.Rows))
					batch.Rows = append(batch.Rows, id)
				}
				batch.Tokens, batch.Weights = append(batch.Tokens, place[id]), append(batch.Weights, 1.0/25)
			}
			batch.Offsets = append(batch.Offsets, int32(len(batch.Tokens)))
		}
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads=%d", form.name, threads), func(b *testing.B) {
				engine, err := NewFused(e, Objective{Loss: InBatch, Scale: 15, Symmetric: true}, threads)
				if err != nil {
					b.Fatal(err)
				}
				defer engine.Close()
				optimizer := &autograd.AdaGrad{Threads: threads}
				table := &autograd.Matrix{Name: "table", Data: e.Table, Rows: e.Rows, Cols: e.Dim, Stride: e.Dim}
				for b.Loop() {
					_, g, err := engine.Gradient(batch)
					if err != nil {
						b.Fatal(err)
					}
					optimizer.Begin()
					if err := optimizer.Update(table, batch.Rows, g.Rows, 1e-6); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(batch.Examples)*float64(b.N)/b.Elapsed().Seconds(), "pairs/s")
			})
		}
	}
}
