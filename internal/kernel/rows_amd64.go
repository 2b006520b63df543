//go:build amd64 && !noasm

package kernel

import "unsafe"

func gatherRows(dst, own, table []float32, stride int, ids []int32, scale float32) {
	if level == levelGo {
		gatherRowsGo(dst, own, table, stride, ids, scale)
		return
	}
	var first *float32
	if own != nil {
		first = &own[0]
	}
	if level == levelAVX512 {
		gatherRowsAVX512(&dst[0], first, unsafe.SliceData(table), unsafe.SliceData(ids), len(ids), 4*stride, scale)
		return
	}
	gatherRowsAVX2(&dst[0], first, unsafe.SliceData(table), unsafe.SliceData(ids), len(ids), 4*stride, scale)
}

func scatterRows(table []float32, stride int, ids []int32, delta []float32) {
	switch level {
	case levelAVX512:
		scatterRowsAVX512(unsafe.SliceData(table), unsafe.SliceData(ids), len(ids), 4*stride, &delta[0])
	case levelAVX2:
		scatterRowsAVX2(unsafe.SliceData(table), unsafe.SliceData(ids), len(ids), 4*stride, &delta[0])
	default:
		scatterRowsGo(table, stride, ids, delta)
	}
}

// multiplyAdd adds alpha*x[i]*y[i] to dst; all three are rows of one length, a
// multiple of Lanes.
func multiplyAdd(dst []float32, alpha float32, x, y []float32) {
	switch level {
	case levelAVX512:
		multiplyAddAVX512(&dst[0], alpha, &x[0], &y[0], 4*len(dst))
	case levelAVX2:
		multiplyAddAVX2(&dst[0], alpha, &x[0], &y[0], 4*len(dst))
	default:
		multiplyAddGo(dst, alpha, x, y)
	}
}
