package train

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/kernel"
)

// principal sets the projection to that of principal component analysis: the directions
// of the largest variance of the features of the tokens, weighted by their counts.
func (t *trainer) principal() error {
	e := t.encoder
	width := e.Width()
	features := t.features()
	counts := t.run.Pairs.TokenCounts()
	total, mean := 0.0, make([]float64, width)
	for i, n := range counts {
		total += float64(n)
		for j, x := range features.Row(i) {
			mean[j] += float64(n) * float64(x)
		}
	}
	for j := range mean {
		mean[j] /= max(1, total)
	}
	// Rows √n·(f − mean): their inner products are the covariance.
	scaled, stride := kernel.Aligned(e.Rows*kernel.Stride(width)), kernel.Stride(width)
	for i, n := range counts {
		row, by := scaled[i*stride:], float32(math.Sqrt(float64(n)/max(1, total)))
		for j, x := range features.Row(i) {
			row[j] = by * (x - float32(mean[j]))
		}
	}
	product := make([]float32, width*width)
	kernel.GemmParallel(t.options.Threads, true, false, width, width, e.Rows, 1, scaled, stride, scaled, stride, 0, product, width)
	covariance := mat.NewSymDense(width, nil)
	for i := range width {
		for j := i; j < width; j++ {
			covariance.SetSym(i, j, float64(product[i*width+j]))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(covariance, true) {
		return errors.New("principal components could not be computed: the numbers of the table are too large")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors) // columns, in the ascending order of their values
	for i := range e.Out {
		row := e.Projection[i*kernel.Stride(width):]
		for j := range width {
			row[j] = float32(vectors.At(j, width-1-i))
		}
	}
	return nil
}

// features returns the output of Linear and ReLU for each row of the table, [V, width].
func (t *trainer) features() checkpoints.Tensor {
	e := t.encoder
	if e.Hidden == 0 {
		return checkpoints.Tensor{Shape: []int{e.Rows, e.Dim}, Stride: kernel.Stride(e.Dim), Data: e.Table}
	}
	stride, width := kernel.Stride(e.Dim), kernel.Stride(e.Hidden)
	out := kernel.Aligned(e.Rows * width)
	kernel.GemmParallel(t.options.Threads, false, true, e.Rows, e.Hidden, e.Dim, 1, e.Table, stride, e.Linear, stride, 0, out, width)
	kernel.BiasReLU(out, out, e.Bias)
	return checkpoints.Tensor{Shape: []int{e.Rows, e.Hidden}, Stride: width, Data: out}
}
