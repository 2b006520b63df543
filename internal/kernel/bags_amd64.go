//go:build amd64 && !noasm

package kernel

import "unsafe"

func bagSum(dst, table []float32, stride int, ids []int32, weights []float32) {
	t, p, w := unsafe.SliceData(table), unsafe.SliceData(ids), unsafe.SliceData(weights)
	switch level {
	case levelAVX512:
		bagSumAVX512(&dst[0], t, p, w, len(ids), 4*stride)
	case levelAVX2:
		bagSumAVX2(&dst[0], t, p, w, len(ids), 4*stride)
	default:
		bagSumGo(dst, table, stride, ids, weights)
	}
}

func bagMax(dst []float32, argmax []int32, table []float32, stride int, ids []int32) {
	switch level {
	case levelAVX512:
		bagMaxAVX512(&dst[0], &argmax[0], &table[0], &ids[0], len(ids), 4*stride)
	case levelAVX2:
		bagMaxAVX2(&dst[0], &argmax[0], &table[0], &ids[0], len(ids), 4*stride)
	default:
		bagMaxGo(dst, argmax, table, stride, ids)
	}
}
