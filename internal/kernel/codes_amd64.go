//go:build amd64 && !noasm

package kernel

import "golang.org/x/sys/cpu"

// hasVNNI reports whether the processor has the instruction that the AVX-512 version needs.
var hasVNNI = cpu.X86.HasAVX512VNNI

type codeKernel = func(dst *float32, query *int8, stride int, scale float32, sum int32,
	chunks *[]float32, shift, width, head int, ids *int32, count int)

// The kernels by the bits of a value.
var (
	codeKernelsAVX512 = [9]codeKernel{1: code1DistancesAVX512, 2: code2DistancesAVX512, 4: code4DistancesAVX512, 8: code8DistancesAVX512}
	codeKernelsAVX2   = [9]codeKernel{1: code1DistancesAVX2, 2: code2DistancesAVX2, 4: code4DistancesAVX2, 8: code8DistancesAVX2}
)

func (t *CodeTable) distances(dst []float32, q *CodeQuery, ids []int32) {
	if level < levelAVX2 {
		t.distancesWide(dst, q, ids)
		return
	}
	f := codeKernelsAVX2[q.bits]
	if level == levelAVX512 && hasVNNI {
		f = codeKernelsAVX512[q.bits]
	}
	f(&dst[0], &q.values[0], q.stride(), q.scale, q.sum, &t.Chunks[0], int(t.Shift), 4*t.Width, 4*t.Head, &ids[0], len(ids))
}

func (t *CodeTable) prefetch(stride int, ids []int32) {
	if level >= levelAVX2 {
		prefetchCodes(stride, &t.Chunks[0], int(t.Shift), 4*t.Width, 4*t.Head, &ids[0], len(ids))
	}
}
