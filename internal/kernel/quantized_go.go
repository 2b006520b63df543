//go:build (!amd64 && !arm64) || noasm

package kernel

func (t *QuantizedRows) sum(dst []float32, ids []int32, weights []float32) {
	t.sumGo(dst, ids, weights)
}
