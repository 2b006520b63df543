package kernel

//go:norace
func gatherRowsGo(dst, own, table []float32, stride int, ids []int32, scale float32) {
	dst = dst[:stride]
	clear(dst)
	if own != nil {
		axpyGo(dst, 1, own[:stride])
	}
	for _, id := range ids {
		axpyGo(dst, 1, row(table, stride, id))
	}
	scaleGo(dst, scale)
}

//go:norace
func scatterRowsGo(table []float32, stride int, ids []int32, delta []float32) {
	for _, id := range ids {
		axpyGo(row(table, stride, id), 1, delta[:stride])
	}
}

// multiplyAddGo adds alpha*x[i]*y[i] to dst.
//
//go:norace
func multiplyAddGo(dst []float32, alpha float32, x, y []float32) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] += alpha * x[i] * y[i]
	}
}
