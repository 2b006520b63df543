//go:build arm64 && !noasm

package kernel

import "unsafe"

func bagSum(dst, table []float32, stride int, ids []int32, weights []float32) {
	t, p, w := unsafe.SliceData(table), unsafe.SliceData(ids), unsafe.SliceData(weights)
	if level != levelGo {
		bagSumNEON(&dst[0], t, p, w, len(ids), 4*stride)
	} else {
		bagSumGo(dst, table, stride, ids, weights)
	}
}

func bagMax(dst []float32, argmax []int32, table []float32, stride int, ids []int32) {
	if level != levelGo {
		bagMaxNEON(&dst[0], &argmax[0], &table[0], &ids[0], len(ids), 4*stride)
	} else {
		bagMaxGo(dst, argmax, table, stride, ids)
	}
}
