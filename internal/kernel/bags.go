package kernel

// A bag is a list of rows of a table, ids, that is pooled into one row: their weighted
// sum or, in each column, their largest value. If all weights are equal, [GatherRows] and
// [ScatterRows] are enough.

// BagSum sets dst, which is stride long, to Σ weights[i]·table[ids[i]]. It panics with
// PanicStride, PanicTable, PanicID or, if dst or weights is too short, PanicLength.
func BagSum(dst, table []float32, stride int, ids []int32, weights []float32) {
	checkRows(table, stride, ids)
	if len(dst) < stride || len(weights) < len(ids) {
		panic(PanicLength)
	}
	bagSum(dst, table, stride, ids, weights)
}

// BagMax sets dst[j] to the largest of the values table[ids[i]][j], and argmax[j] to the
// first i that has this value, for j < stride. NaN never compares greater. If ids is empty,
// BagMax sets dst to 0 and argmax to -1. It panics as BagSum does.
func BagMax(dst []float32, argmax []int32, table []float32, stride int, ids []int32) {
	checkRows(table, stride, ids)
	if len(dst) < stride || len(argmax) < stride {
		panic(PanicLength)
	}
	if len(ids) == 0 {
		clear(dst[:stride])
		for j := range argmax[:stride] {
			argmax[j] = -1
		}
		return
	}
	bagMax(dst, argmax, table, stride, ids)
}
