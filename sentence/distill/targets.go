package distill

import (
	"context"
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/luminavec/luminavec/internal/kernel"
)

// spread is the change of the teacher's vectors before the table learns from them: their mean is
// subtracted, and their principal components are scaled by variance^(−WhitenTeacher/2), in the
// coordinates of the teacher. The nil spread changes nothing.
type spread struct {
	dim    int
	mean   []float32
	matrix []float32 // [dim × dim], symmetric
	from   []float32 // rows that apply reads
}

// newSpread computes the change from vectors of the cache, evenly chosen.
func newSpread(ctx context.Context, targets *cache, texts int, o Options) (*spread, error) {
	if o.WhitenTeacher == 0 {
		return nil, nil
	}
	dim, n := targets.dim, min(texts, whitenTexts)
	sum, mean := make([]float32, dim*dim), make([]float64, dim)
	const part = 1024
	vectors := kernel.Aligned(part * dim)
	for from := 0; from < n; from += part {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		count := min(part, n-from)
		for i := range count {
			row := vectors[i*dim : (i+1)*dim]
			if err := targets.read(row, (from+i)*texts/n); err != nil {
				return nil, err
			}
			for j, v := range row {
				mean[j] += float64(v)
			}
		}
		kernel.GemmParallel(o.Threads, true, false, dim, dim, count, 1, vectors, dim, vectors, dim, 1, sum, dim)
	}
	values, directions, err := components(sum, mean, n)
	if err != nil {
		return nil, err
	}
	s := &spread{dim: dim, mean: make([]float32, dim), matrix: make([]float32, dim*dim)}
	for i := range dim {
		s.mean[i] = float32(mean[i] / float64(n))
		for j := range dim {
			x := 0.0
			for k, v := range values {
				x += directions.At(i, k) * directions.At(j, k) * scaling(v, values[dim-1], 1e-4, o.WhitenTeacher)
			}
			s.matrix[i*dim+j] = float32(x)
		}
	}
	return s, nil
}

// apply changes rows, which are stride apart. centered says that a mean has been subtracted already.
func (s *spread) apply(rows []float32, stride, threads int, centered bool) {
	if s == nil {
		return
	}
	n := len(rows) / stride
	if len(s.from) < len(rows) {
		s.from = kernel.Aligned(len(rows))
	}
	copy(s.from, rows)
	if !centered {
		for i := range n {
			kernel.Axpy(s.from[i*stride:][:s.dim], -1, s.mean)
		}
	}
	kernel.GemmParallel(threads, false, false, n, s.dim, s.dim, 1, s.from, stride, s.matrix, s.dim, 0, rows, stride)
}

// components returns the principal components of n vectors, columns in the ascending order of their
// variances, from the sum of their products and of themselves.
func components(sum []float32, mean []float64, n int) (variances []float64, directions *mat.Dense, err error) {
	dim, count := len(mean), float64(max(1, n))
	covariance := mat.NewSymDense(dim, nil)
	for i := range dim {
		for j := i; j < dim; j++ {
			covariance.SetSym(i, j, float64(sum[i*dim+j])/count-mean[i]/count*mean[j]/count)
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(covariance, true) {
		return nil, nil, errors.New("principal components could not be computed: the numbers of the table are too large")
	}
	directions = new(mat.Dense)
	eigen.VectorsTo(directions)
	return eigen.Values(nil), directions, nil
}

// scaling is the factor of a component: (v/largest)^(−power/2). Variances below a share of the largest
// count as that.
func scaling(v, largest, share, power float64) float64 {
	return math.Pow(max(v, share*largest, 1e-30)/max(largest, 1e-30), -power/2)
}
