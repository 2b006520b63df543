package layout

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/parallel"
)

// Principal axes are found by subspace iteration with Rayleigh-Ritz projection (Halko, Martinsson and
// Tropp, "Finding Structure with Randomness", SIAM Review 53(2), 2011): a basis of some random
// directions is multiplied by the covariance again and again, and turned so that its columns are the
// best approximations of eigenvectors, until the two largest are exact to the precision of float32.
const (
	directions    = 12 // of the basis, of which two are wanted; the others make it converge
	maxIterations = 60
	tolerance     = 2e-6 // of a residual, relative to the largest eigenvalue
)

// project sets the positions to the projections on the two principal axes, and Explained.
func (m *Map) project(ctx context.Context, r rows, o Options) error {
	n, dim, l := r.n, r.dim, min(directions, r.dim)
	m.mean, m.axes = make([]float32, dim), make([]float32, 2*dim)
	if n == 0 {
		return nil
	}
	mean := r.sum(o.Threads, dim, func(block []float32, sum []float64) {
		for at := 0; at < len(block); at += dim {
			for j, v := range block[at : at+dim] {
				sum[j] += float64(v)
			}
		}
	})
	for j := range mean {
		m.mean[j] = float32(mean[j] / float64(n))
	}
	// The product of the covariance and the basis, [dim × l] by rows, and the sum of all variances.
	multiply := func(basis []float32) (product []float64, total float64) {
		product = r.sum(o.Threads, dim*l+1, func(block []float32, sum []float64) {
			k := len(block) / dim
			for at := 0; at < len(block); at += dim {
				kernel.Axpy(block[at:at+dim], -1, m.mean)
				norm := kernel.Norm(block[at : at+dim])
				sum[dim*l] += float64(norm) * float64(norm)
			}
			along, part := make([]float32, k*l), make([]float32, dim*l)
			kernel.Gemm(false, false, k, l, dim, 1, block, dim, basis, l, 0, along, l)
			kernel.Gemm(true, false, dim, l, k, 1, block, dim, along, l, 0, part, l)
			for j, v := range part {
				sum[j] += float64(v)
			}
		})
		for j := range product {
			product[j] /= float64(n)
		}
		return product[:dim*l], product[dim*l]
	}
	basis := mat.NewDense(dim, l, nil)
	rng := rand.New(rand.NewPCG(0x706361, uint64(dim)))
	for i := range dim {
		for j := range l {
			basis.Set(i, j, rng.NormFloat64())
		}
	}
	orthonormal(basis)
	narrow := make([]float32, dim*l)
	for iteration := 0; ; iteration++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		o.OnProgress("principal axes", int64(iteration), maxIterations)
		for j, v := range basis.RawMatrix().Data {
			narrow[j] = float32(v)
		}
		data, total := multiply(narrow)
		product := mat.NewDense(dim, l, data)
		var square, turned, images mat.Dense
		square.Mul(basis.T(), product)
		symmetric := mat.NewSymDense(l, nil)
		for i := range l {
			for j := i; j < l; j++ {
				symmetric.SetSym(i, j, (square.At(i, j)+square.At(j, i))/2)
			}
		}
		var eigen mat.EigenSym
		if !eigen.Factorize(symmetric, true) { // it does not fail for finite matrices
			break
		}
		values := eigen.Values(nil) // ascending
		var vectors mat.Dense
		eigen.VectorsTo(&vectors)
		turned.Mul(basis, &vectors)
		images.Mul(product, &vectors)
		worst := 0.0
		for a := range min(2, l) {
			c, residual := l-1-a, 0.0
			for i := range dim {
				d := images.At(i, c) - values[c]*turned.At(i, c)
				residual += d * d
				m.axes[a*dim+i] = float32(turned.At(i, c))
			}
			worst = max(worst, math.Sqrt(residual))
			if total > 0 {
				m.Explained[a] = min(1, max(0, values[c]/total))
			}
		}
		if iteration+1 >= maxIterations || worst <= tolerance*values[l-1] || l == dim && iteration > 0 {
			break
		}
		for i := range dim { // the largest first, which Gram and Schmidt keep best
			for j := range l {
				basis.Set(i, j, images.At(i, l-1-j))
			}
		}
		orthonormal(basis)
	}
	if m.Explained == [2]float64{} { // equal vectors have no axes
		clear(m.axes)
	}
	for a := range 2 {
		m.orient(m.axes[a*dim : (a+1)*dim])
	}
	const block = 1024
	parallel.For(o.Threads, n, block, func(from, to int) {
		packed := r.pack(make([]float32, (to-from)*dim), from, to)
		for i := from; i < to; i++ {
			v := packed[(i-from)*dim:][:dim]
			kernel.Axpy(v, -1, m.mean)
			m.X[i], m.Y[i] = kernel.Dot(v, m.axes[:dim]), kernel.Dot(v, m.axes[dim:])
		}
	})
	return nil
}

// orient turns an axis around if its largest value is negative, so that the same vectors have the same
// axes.
func (m *Map) orient(axis []float32) {
	largest := float32(0)
	for _, v := range axis {
		if abs := float32(math.Abs(float64(v))); abs > float32(math.Abs(float64(largest)))*(1+1e-5) {
			largest = v
		}
	}
	if largest < 0 {
		kernel.Scale(axis, -1)
	}
}

// orthonormal makes the columns of a matrix orthogonal and of length 1, each in its turn, by Gram and
// Schmidt's method, twice against rounding. Columns that depend on others become 0.
func orthonormal(m *mat.Dense) {
	rows, columns := m.Dims()
	for j := range columns {
		before := columnNorm(m, j)
		for range 2 {
			for k := range j {
				along := 0.0
				for i := range rows {
					along += m.At(i, j) * m.At(i, k)
				}
				for i := range rows {
					m.Set(i, j, m.At(i, j)-along*m.At(i, k))
				}
			}
		}
		norm := columnNorm(m, j)
		for i := range rows {
			if norm > 1e-12*before {
				m.Set(i, j, m.At(i, j)/norm)
			} else {
				m.Set(i, j, 0)
			}
		}
	}
}

func columnNorm(m *mat.Dense, j int) float64 {
	sum := 0.0
	for i := range m.RawMatrix().Rows {
		sum += m.At(i, j) * m.At(i, j)
	}
	return math.Sqrt(sum)
}

// sum returns the sums of what add adds for blocks of vectors, in the same order with any number of
// threads.
func (r rows) sum(threads, width int, add func(block []float32, sum []float64)) []float64 {
	const block = 512
	chunk := max(8*block, (r.n+63)/64)
	parts := make([][]float64, (r.n+chunk-1)/chunk)
	parallel.For(threads, r.n, chunk, func(from, to int) {
		sum, packed := make([]float64, width), make([]float32, block*r.dim)
		for at := from; at < to; at += block {
			add(r.pack(packed, at, min(to, at+block)), sum)
		}
		parts[from/chunk] = sum
	})
	sum := make([]float64, width)
	for _, part := range parts {
		for j, v := range part {
			sum[j] += v
		}
	}
	return sum
}
