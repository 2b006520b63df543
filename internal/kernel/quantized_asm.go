//go:build (amd64 || arm64) && !noasm

package kernel

import "unsafe"

func (t *QuantizedRows) sum(dst []float32, ids []int32, weights []float32) {
	if level == levelGo || t.Cols < Lanes && t.Bits > 2 || len(ids) == 0 {
		t.sumGo(dst, ids, weights)
		return
	}
	n := t.width()
	codes, scales, mapping := unsafe.SliceData(t.Codes), unsafe.SliceData(t.Scales), unsafe.SliceData(t.Mapping)
	i, w := unsafe.SliceData(ids), unsafe.SliceData(weights)
	if t.Bits == 2 {
		partSum(&dst[0], codes, unsafe.SliceData(t.Codebook), scales, mapping, i, w, len(ids), 16*n, n)
		return
	}
	sum := stepSum(t.Bits)
	whole := t.Cols &^ (Lanes - 1)
	sum(&dst[0], codes, scales, mapping, i, w, len(ids), 4*whole, n)
	if whole < t.Cols {
		// The last Lanes columns, of which some are summed for the second time. Half bytes come in
		// pairs; the second of the last pair may be padding.
		from := (t.Cols+1)&^1 - Lanes
		if t.Bits == 8 {
			from = t.Cols - Lanes
		}
		sum(&dst[from], (*byte)(unsafe.Add(unsafe.Pointer(codes), from*t.Bits/8)), scales, mapping, i, w, len(ids), 4*Lanes, n)
	}
}
