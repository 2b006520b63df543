//go:build amd64 && !noasm

package kernel

import "golang.org/x/sys/cpu"

// hasVNNI says that the AVX-512 version has the instruction it is made of.
var hasVNNI = cpu.X86.HasAVX512VNNI

func (t *CodeTable) distances(dst []float32, q *CodeQuery, ids []int32) {
	switch {
	case level == levelAVX512 && hasVNNI:
		codeDistancesAVX512(&dst[0], &q.values[0], len(q.values), q.scale, q.sum,
			&t.Chunks[0], int(t.Shift), 4*t.Width, 4*t.Head, &ids[0], len(ids))
	case level >= levelAVX2:
		codeDistancesAVX2(&dst[0], &q.values[0], len(q.values), q.scale, q.sum,
			&t.Chunks[0], int(t.Shift), 4*t.Width, 4*t.Head, &ids[0], len(ids))
	default:
		t.distancesGo(dst, q, ids)
	}
}
