package autograd

import (
	"runtime"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/internal/kernel"
)

// kernelBLAS is gonum's BLAS with the float32 matrix product of internal/kernel, which is
// several times faster and does not slow down for transposed matrices.
type kernelBLAS struct{ gonum.Implementation }

// Gorgonia reads its BLAS without a lock, so it is set before any graph can run.
func init() { UseKernels() }

// UseKernels makes all gorgonia graphs of the process multiply float32 matrices with
// LuminaVec's kernels, on GOMAXPROCS threads. Gonum still does everything else. Importing this
// package calls UseKernels; call it again if gorgonia.Use has set another BLAS. No graph may be
// running.
func UseKernels() { G.Use(kernelBLAS{}) }

// Sgemm is gonum's Sgemm, with the same arguments and the same panics.
func (b kernelBLAS) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, x []float32, ldx int, y []float32, ldy int, beta float32, c []float32, ldc int) {
	xFits, xTransposed := fitsBLAS(tA, m, k, x, ldx)
	yFits, yTransposed := fitsBLAS(tB, k, n, y, ldy)
	cFits, _ := fitsBLAS(blas.NoTrans, m, n, c, ldc)
	if !xFits || !yFits || !cFits {
		b.Implementation.Sgemm(tA, tB, m, n, k, alpha, x, ldx, y, ldy, beta, c, ldc)
		return
	}
	kernel.GemmParallel(runtime.GOMAXPROCS(0), xTransposed, yTransposed, m, n, k, alpha, x, ldx, y, ldy, beta, c, ldc)
}

// fitsBLAS reports whether x is a valid matrix of the given size for gonum, and whether it is
// stored transposed.
func fitsBLAS(t blas.Transpose, rows, columns int, x []float32, ld int) (fits, transposed bool) {
	switch t {
	case blas.NoTrans:
	case blas.Trans, blas.ConjTrans:
		transposed = true
		rows, columns = columns, rows
	default:
		return false, false
	}
	return rows > 0 && columns > 0 && ld >= columns && len(x) >= (rows-1)*ld+columns, transposed
}
