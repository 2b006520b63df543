package distill

import (
	"context"
	"math"

	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence/train"
)

// whitenTexts is the number of texts from which the components are computed.
const whitenTexts = 50_000

// whiten turns the table to the principal components of the vectors of the texts, scaled by their
// variance to the power −Whiten/2, and keeps the first Dim.
func (d *distillation) whiten(ctx context.Context) error {
	if d.o.Whiten == 0 && d.o.Dim == d.e.Dim {
		return nil
	}
	dim, stride := d.e.Dim, kernel.Stride(d.e.Dim)
	sum, mean, n := make([]float32, dim*dim), make([]float64, dim), 0
	texts := d.sample.texts[:min(len(d.sample.texts), whitenTexts)]
	const part = 1024
	vectors := kernel.Aligned(part * stride)
	for from := 0; from < len(texts); from += part {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		clear(vectors)
		count := min(part, len(texts)-from)
		for i := range count {
			row := vectors[i*stride : i*stride+dim]
			weights := d.textWeights(texts[from+i], d.weights)
			for k, id := range texts[from+i] {
				kernel.Axpy(row, weights[k], d.e.Table[int(id)*stride:int(id)*stride+dim])
			}
			if square := kernel.Dot(row, row); square > 0 {
				kernel.Scale(row, float32(1/math.Sqrt(float64(square))))
				n++
			}
			for j, v := range row {
				mean[j] += float64(v)
			}
		}
		kernel.GemmParallel(d.o.Threads, true, false, dim, dim, count, 1, vectors, stride, vectors, stride, 1, sum, dim)
	}
	values, directions, err := components(sum, mean, n)
	if err != nil {
		return err
	}
	out := d.o.Dim
	factor := make([]float32, out*dim) // a row a component
	total, kept := 0.0, 0.0
	for i, v := range values {
		total += max(0, v)
		if i >= dim-out {
			kept += max(0, v)
		}
	}
	d.report.Variance = kept / max(total, 1e-30)
	for i := range out {
		at := dim - 1 - i
		by := scaling(values[at], values[dim-1], 1e-6, d.o.Whiten)
		for j := range dim {
			factor[i*dim+j] = float32(directions.At(j, at) * by)
		}
	}
	e := &train.Parameters{Rows: d.tokens, Dim: out, Table: kernel.Aligned(d.tokens * kernel.Stride(out))}
	kernel.GemmParallel(d.o.Threads, false, true, d.tokens, out, dim, 1, d.e.Table, stride, factor, dim, 0, e.Table, kernel.Stride(out))
	d.e = e
	return nil
}
