//go:build amd64 && !noasm

package kernel

import "golang.org/x/sys/cpu"

// hasVNNI reports whether the processor has the instruction that the AVX-512 version needs.
var hasVNNI = cpu.X86.HasAVX512VNNI

func (t *CodeTable) distances(dst []float32, q *CodeQuery, ids []int32) {
	var f func(dst *float32, query *int8, stride int, scale float32, sum int32,
		chunks *[]float32, shift, width, head int, ids *int32, count int)
	switch wide := level == levelAVX512 && hasVNNI; {
	case level < levelAVX2:
		t.distancesGo(dst, q, ids)
		return
	case wide && q.bits == 8:
		f = code8DistancesAVX512
	case wide:
		f = code4DistancesAVX512
	case q.bits == 8:
		f = code8DistancesAVX2
	default:
		f = code4DistancesAVX2
	}
	f(&dst[0], &q.values[0], q.stride(), q.scale, q.sum, &t.Chunks[0], int(t.Shift), 4*t.Width, 4*t.Head, &ids[0], len(ids))
}
