package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"testing"
)

// zipfBatches returns batches like those of English text with 70,000 words, subsampled at
// 1e-4: contexts are drawn from the subsampled text and move by one word from window to
// window, outputs come from the noise distribution (count^0.75).
func zipfBatches(rows, outputs, windows, batches int) [][]int32 {
	r := rand.New(rand.NewPCG(1, 1))
	text, noise := make([]float64, rows), make([]float64, rows)
	var total float64
	for i := range rows {
		text[i] = 1 / float64(i+3)
		total += text[i]
	}
	var textSum, noiseSum float64
	for i := range text {
		f := text[i] / total
		noiseSum += math.Pow(f, 0.75)
		noise[i] = noiseSum
		textSum += f * min(1, math.Sqrt(1e-4/f)+1e-4/f)
		text[i] = textSum
	}
	draw := func(sums []float64) int32 {
		return int32(sort.SearchFloat64s(sums, r.Float64()*sums[len(sums)-1]))
	}
	all := make([][]int32, batches)
	for b := range all {
		words := make([]int32, windows+10)
		for i := range words {
			words[i] = min(draw(text), int32(rows-1))
		}
		for i := 5; i < 5+windows; i++ {
			width := 1 + r.IntN(5)
			all[b] = append(all[b], int32(2*width))
			all[b] = append(all[b], words[i-width:i]...)
			all[b] = append(all[b], words[i+1:i+1+width]...)
			all[b] = append(all[b], words[i])
			for range outputs - 1 {
				all[b] = append(all[b], min(draw(noise), int32(rows-1)))
			}
		}
	}
	return all
}

func benchmarkWindows(b *testing.B, kernel windowKernel) {
	const windows, batches = 1000, 64
	for _, size := range []struct{ rows, dim, outputs int }{
		{70000, 100, 6}, {70000, 300, 6}, {70000, 100, 11}, {500, 100, 6},
	} {
		stride := Stride(size.dim)
		r := rand.New(rand.NewPCG(2, 2))
		all := zipfBatches(size.rows, size.outputs, windows, batches)
		in, out := Aligned(size.rows*stride), Aligned(size.rows*stride)
		for i := range in {
			if i%stride < size.dim {
				in[i], out[i] = (r.Float32()-0.5)/float32(size.dim), (r.Float32()-0.5)/float32(size.dim)
			}
		}
		eachLevel(b, func(name string) {
			b.Run(fmt.Sprintf("rows=%d/dim=%d/outputs=%d/%s", size.rows, size.dim, size.outputs, name), func(b *testing.B) {
				s := NewWindowScratch(10, size.outputs, stride)
				i := 0
				for b.Loop() {
					kernel(in, out, stride, all[i%batches], size.outputs, 0.01, s)
					i++
				}
				b.ReportMetric(float64(b.N)*windows/b.Elapsed().Seconds()/1e6, "Mwindows/s")
			})
		})
	}
}

func BenchmarkSkipGram(b *testing.B) { benchmarkWindows(b, SkipGram) }

func BenchmarkCBOW(b *testing.B) { benchmarkWindows(b, CBOW) }
