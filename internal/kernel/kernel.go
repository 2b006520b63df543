// Package kernel holds the float32 inner loops of LuminaVec:
//
//   - inner products and distances for the index, on vectors ([Dot], [SquaredDistance]) and on
//     codes of few bits ([CodeTable], [ScanQuery]), with the passes of a fast rotation
//     ([Hadamard]);
//   - the fused window update of the word models ([SkipGram], [CBOW]);
//   - for the sentence trainer, matrix products ([Gemm]), bags of rows ([BagSum], [BagMax]), the
//     ReLU layer ([BiasReLU]), the passes of a softmax ([ExpSum]) and the steps of the
//     optimizers ([AdamRow]).
//
// # Several versions of everything
//
// Each kernel exists as AVX-512 assembly and as AVX2+FMA assembly for amd64, as NEON assembly
// for arm64, and as plain Go. The assembly is written by the generator in gen and committed:
// one description of a kernel goes through avo for amd64, and through a translation for
// arm64. The plain Go version is the definition and the oracle in the tests. On other
// machines it is the fallback; for windows, products of matrices, rows and codes, loops that
// take several rows or fields at a time do so instead (blocked.go, codes_go.go). The version is chosen once, at startup, according to what the
// processor supports; [Level] names it. The environment variable LUMINAVEC_CPU (avx512, avx2
// or go; on arm64 dotprod, neon or go) can lower the choice but not raise it. The build tag
// noasm omits the assembly.
//
// The versions add in different orders, so their results agree only up to rounding.
// Each version returns the same bits on every call.
//
// # Tables
//
// Tables of rows are laid out for the assembly: rows are padded with zeros to
// [Stride] floats, a whole number of 64-byte cache lines, and start at a
// 64-byte boundary ([Aligned]). The padding stays zero under every kernel.
//
// # Windows
//
// [SkipGram] and [CBOW] train on a batch of windows in each call. In placed windows, the
// default of the word models, each context word is weighted by its position in the window
// ([NewPlacedScratch]). Labeled windows ([LabelledSkipGram], [LabelledCBOW]) have any
// number of outputs, for hierarchical softmax and position weights; they are slower.
//
// # Hogwild
//
// The window kernels [SkipGram] and [CBOW] update shared tables in place. Several
// goroutines deliberately call them on the same tables at once without locks: updates
// are sparse, and a lost one is noise (Recht et al. 2011, "Hogwild!"). The race detector
// does not see assembly, and the Go versions carry the norace directive. It stays
// meaningful for all other code because only this package touches shared rows.
package kernel

import (
	"math"
	"unsafe"
)

// Lanes is the number of float32 values that rows are padded to: one AVX-512
// register, one cache line.
const Lanes = 16

// The values with which the functions of this package panic. A panic is caused by a bug in
// the calling program, never by its data.
const (
	PanicLength  = "kernel: second slice is shorter than the first"
	PanicRows    = "kernel: rows do not hold len(dst) rows of stride values"
	PanicStride  = "kernel: stride is not a positive multiple of Lanes"
	PanicTable   = "kernel: table is not a whole number of rows or does not start at a 64-byte boundary"
	PanicID      = "kernel: row id outside the table"
	PanicBatch   = "kernel: batch ends within a window"
	PanicContext = "kernel: window has no context or more than the scratch holds"
	PanicOutputs = "kernel: outputs or stride differ from those of the scratch"
	PanicCodes   = "kernel: codes of the query's length do not fit the records"
	PanicMatrix  = "kernel: matrix does not fit its slice or its leading dimension"
	PanicScratch = "kernel: scratch needs maxContext >= 1 and outputs >= 2"
)

// Stride returns the padded row length for dim values: dim rounded up to a
// multiple of Lanes.
func Stride(dim int) int { return (dim + Lanes - 1) / Lanes * Lanes }

// Aligned returns n zeroed float32 values that start at a 64-byte boundary. Large
// slices use large pages if the system provides them.
func Aligned(n int) []float32 {
	b := make([]float32, n+Lanes)
	off := int(uintptr(unsafe.Pointer(&b[0])) % 64 / 4)
	if off != 0 {
		off = Lanes - off
	}
	adviseHugePages(b)
	return b[off : off+n : off+n]
}

// Norm returns the Euclidean length of x.
func Norm(x []float32) float32 { return float32(math.Sqrt(float64(Dot(x, x)))) }
