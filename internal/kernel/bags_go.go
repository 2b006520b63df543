package kernel

//go:norace
func bagSumGo(dst, table []float32, stride int, ids []int32, weights []float32) {
	dst = dst[:stride]
	clear(dst)
	for i, id := range ids {
		axpyGo(dst, weights[i], row(table, stride, id))
	}
}

//go:norace
func bagAddGo(table []float32, stride int, ids []int32, weights, src []float32) {
	for i, id := range ids {
		axpyGo(row(table, stride, id), weights[i], src[:stride])
	}
}

//go:norace
func bagMaxGo(dst []float32, argmax []int32, table []float32, stride int, ids []int32) {
	dst, argmax = dst[:stride], argmax[:stride]
	copy(dst, row(table, stride, ids[0]))
	clear(argmax)
	for i, id := range ids {
		for j, v := range row(table, stride, id) {
			if v > dst[j] {
				dst[j], argmax[j] = v, int32(i)
			}
		}
	}
}

// bagMaxAdd is not vectorized: each column is added to a different row.
//
//go:norace
func bagMaxAdd(table []float32, stride int, ids, argmax []int32, src []float32) {
	for j, i := range argmax[:stride] {
		if i >= 0 {
			table[int(ids[i])*stride+j] += src[j]
		}
	}
}
