package train

import (
	"math"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/kernel"
)

// lossPass computes a loss of sentence vectors and its gradient. It does not know
// where the vectors come from.
type lossPass struct {
	objective Objective
	def       *lossDef
	dims      []int // to which the vectors are truncated, one after the other
	threads   int
	loss      float64 // of the last run

	unit  []float32 // [C·B × stride] the vectors divided by their length
	dunit []float32 // its gradient
	norms []float32 // [C·B]

	// Used by the in-batch loss.
	logits    []float32 // [B × K]
	positives []float32 // [B] cosines of the pairs
	sums      []float64 // [B] of rows
	factors   []float32 // [B] of columns
	columns   []float32 // [parts × B] sums of parts of columns

	// Used by the others: lines of cosines and their gradients.
	cosines, dcosines [][]float32
}

// run sets loss, and dz to grad times its gradient, for vectors whose rows are
// stride apart.
func (l *lossPass) run(b *Batch, z, dz []float32, stride int, grad float32) {
	n := b.Texts()
	share := 1 / float64(len(l.dims))
	l.loss = 0
	for i, dim := range l.dims {
		to := kernel.Stride(dim)
		l.unit, l.dunit, l.norms = grown(l.unit, n*to), grown(l.dunit, n*to), grown(l.norms, n)
		autograd.Parallel(l.threads, n, textBlock, func(from, until int) {
			for k := from; k < until; k++ {
				l.norms[k] = direction(l.unit[k*to:(k+1)*to], z[k*stride:k*stride+dim])
			}
		})
		l.loss += share * l.def.fused(l, b, dim, to, grad*float32(share))
		autograd.Parallel(l.threads, n, textBlock, func(from, until int) {
			if i == 0 {
				clear(dz[from*stride : until*stride])
			}
			for k := from; k < until; k++ {
				undirect(dz[k*stride:k*stride+dim], l.unit[k*to:(k+1)*to], l.dunit[k*to:(k+1)*to], l.norms[k])
			}
		})
	}
}

// leastNorm is the length up to which a vector has no direction: its unit vector and its
// gradient are zero.
const leastNorm = 1e-12

// direction sets dst to z divided by its length, and its padding to zero.
func direction(dst, z []float32) (norm float32) {
	clear(dst[len(z):])
	dst = dst[:len(z)]
	copy(dst, z)
	if norm = kernel.Norm(z); !(norm > leastNorm) {
		if norm == norm {
			clear(dst)
		}
		return 0
	}
	if math.IsInf(float64(norm), 1) {
		norm = float32(math.NaN()) // out of the range of float32: the loss must not look finite
	}
	kernel.Scale(dst, 1/norm)
	return norm
}

// undirect adds to dz the gradient of z, given that of its direction n:
// (dn − (n·dn)·n) / |z|.
func undirect(dz, n, dn []float32, norm float32) {
	if norm == 0 {
		return
	}
	along := kernel.Dot(n[:len(dz)], dn)
	kernel.Axpy(dz, 1/norm, dn[:len(dz)])
	kernel.Axpy(dz, -along/norm, n[:len(dz)])
}

// grown returns s with n elements, reusing its memory if there is enough. New memory
// is aligned to a cache line.
func grown[T float32 | float64](s []T, n int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	if s, ok := any(kernel.Aligned(n)).([]T); ok {
		return s
	}
	return make([]T, n)
}
