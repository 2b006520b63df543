package compress

import (
	"gonum.org/v1/gonum/mat"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
)

// project replaces the rows by their Dim principal components: products with the eigenvectors of
// the sum of x·xᵀ over all rows that have the greatest eigenvalues. Nothing is subtracted from the
// rows first, because that would change the direction of sums of rows; and inner products, not
// distances, are what a vector of a text is compared by.
func (j *job) project(c *checkpoints.Checkpoint) error {
	t := c.Embedding()
	rows, cols := t.Rows(), t.Cols()
	if j.Dim == 0 || j.Dim == cols {
		return nil
	}
	if j.Dim > cols {
		return fault.Field("Dim", "leave it out to keep all", "must be at most %d, the dimensions of the model, got %d", cols, j.Dim)
	}
	if e := c.Config.Encoder; e.Hidden > 0 || e.Project > 0 || sentence.Pooling(e.Pooling) == sentence.Max {
		return fault.Field("Dim", "leave it out", "cannot be used with this model: its maximum, or a layer after its n-grams, needs the dimensions of the table")
	}
	x := padded(t)
	product := make([]float32, cols*cols)
	kernel.GemmParallel(j.Threads, true, false, cols, cols, rows, 1, x.Data, x.Stride, x.Data, x.Stride, 0, product, cols)
	second := mat.NewSymDense(cols, nil)
	for i := range cols {
		for k := i; k < cols; k++ {
			v := product[i*cols+k]
			if v-v != 0 {
				return errTooLarge
			}
			second.SetSym(i, k, float64(v))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(second, true) {
		return errTooLarge
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors) // columns, in the ascending order of their values
	axes := checkpoints.NewTensor(j.Dim, cols)
	var kept, all float64
	for i, value := range eigen.Values(nil) {
		all += value
		if i >= cols-j.Dim {
			kept += value
		}
	}
	if all > 0 {
		j.report.KeptVariance = kept / all
	}
	for i := range j.Dim {
		// A sign that does not depend on the method, so that results can be compared.
		sign, most := 1.0, 0.0
		for k := range cols {
			v := vectors.At(k, cols-1-i)
			if v*v > most {
				most, sign = v*v, 1
				if v < 0 {
					sign = -1
				}
			}
		}
		for k := range cols {
			axes.Row(i)[k] = float32(sign * vectors.At(k, cols-1-i))
		}
	}
	for _, name := range []string{checkpoints.EmbeddingTensor, checkpoints.NGramTensor} {
		t, ok := c.Tensors[name]
		if !ok {
			continue
		}
		x := padded(t)
		out := checkpoints.NewTensor(t.Rows(), j.Dim)
		kernel.GemmParallel(j.Threads, false, true, t.Rows(), j.Dim, cols, 1, x.Data, x.Stride, axes.Data, axes.Stride, 0, out.Data, out.Stride)
		c.Tensors[name] = out
	}
	c.Config.Dim = j.Dim
	return nil
}

// padded returns t with rows laid out for the kernels.
func padded(t checkpoints.Tensor) checkpoints.Tensor {
	if t.Stride == kernel.Stride(t.Cols()) {
		return t
	}
	out := checkpoints.NewTensor(t.Shape...)
	for i := range t.Rows() {
		copy(out.Row(i), t.Row(i))
	}
	return out
}
