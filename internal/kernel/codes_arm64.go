//go:build arm64 && !noasm

package kernel

type codeKernel = func(dst *float32, query *int8, stride int, scale float32, sum int32,
	chunks *[]float32, shift, width, head int, ids *int32, count int)

// The kernels by the bits of a value.
var (
	codeKernelsDotProd = [9]codeKernel{1: code1DistancesDotProd, 2: code2DistancesDotProd, 4: code4DistancesDotProd, 8: code8DistancesDotProd}
	codeKernelsNEON    = [9]codeKernel{1: code1DistancesNEON, 2: code2DistancesNEON, 4: code4DistancesNEON, 8: code8DistancesNEON}
)

func (t *CodeTable) distances(dst []float32, q *CodeQuery, ids []int32) {
	if level == levelGo {
		t.distancesWide(dst, q, ids)
		return
	}
	f, sum := codeKernelsNEON[q.bits], q.sum
	if level == levelDotProd {
		f = codeKernelsDotProd[q.bits]
	}
	if q.bits == 8 {
		sum = 0 // the kernel subtracts 128 from each value of the code
	}
	f(&dst[0], &q.values[0], q.stride(), q.scale, sum, &t.Chunks[0], int(t.Shift), 4*t.Width, 4*t.Head, &ids[0], len(ids))
}

func (t *CodeTable) prefetch(stride int, ids []int32) {
	if level != levelGo {
		prefetchCodes(stride, &t.Chunks[0], int(t.Shift), 4*t.Width, 4*t.Head, &ids[0], len(ids))
	}
}
