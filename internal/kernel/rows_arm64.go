//go:build arm64 && !noasm

package kernel

import "unsafe"

func gatherRows(dst, own, table []float32, stride int, ids []int32, scale float32) {
	if level == levelGo {
		gatherRowsGo(dst, own, table, stride, ids, scale)
		return
	}
	gatherRowsNEON(&dst[0], unsafe.SliceData(own), unsafe.SliceData(table), unsafe.SliceData(ids), len(ids), 4*stride, scale)
}

func scatterRows(table []float32, stride int, ids []int32, delta []float32) {
	if level == levelGo {
		scatterRowsGo(table, stride, ids, delta)
		return
	}
	scatterRowsNEON(unsafe.SliceData(table), unsafe.SliceData(ids), len(ids), 4*stride, &delta[0])
}

// multiplyAdd adds alpha*x[i]*y[i] to dst; all three are rows of one length, a
// multiple of Lanes.
func multiplyAdd(dst []float32, alpha float32, x, y []float32) {
	if level == levelGo {
		multiplyAddGo(dst, alpha, x, y)
		return
	}
	multiplyAddNEON(&dst[0], alpha, &x[0], &y[0], 4*len(dst))
}
