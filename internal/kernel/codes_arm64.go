//go:build arm64 && !noasm

package kernel

func (t *CodeTable) distances(dst []float32, q *CodeQuery, ids []int32) {
	var f func(dst *float32, query *int8, stride int, scale float32, sum int32,
		chunks *[]float32, shift, width, head int, ids *int32, count int)
	sum := q.sum
	switch {
	case level == levelGo || q.bits < 4:
		t.distancesGo(dst, q, ids)
		return
	case q.bits == 8:
		sum = 0 // the kernel subtracts 128 from each value of the code
		f = code8DistancesNEON
		if level == levelDotProd {
			f = code8DistancesDotProd
		}
	default:
		f = code4DistancesNEON
		if level == levelDotProd {
			f = code4DistancesDotProd
		}
	}
	f(&dst[0], &q.values[0], q.stride(), q.scale, sum, &t.Chunks[0], int(t.Shift), 4*t.Width, 4*t.Head, &ids[0], len(ids))
}

func (t *CodeTable) prefetch(stride int, ids []int32) {
	if level != levelGo {
		prefetchCodes(stride, &t.Chunks[0], int(t.Shift), 4*t.Width, 4*t.Head, &ids[0], len(ids))
	}
}
