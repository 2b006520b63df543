//go:build amd64 && !noasm

package kernel

func bytesFast() bool { return level == levelAVX512 && hasVNNI }

func largestProduct(x, by []float32) (top float32) {
	if whole := len(x) &^ 15; level == levelAVX512 && whole > 0 {
		top = largestProductAVX512(&x[0], &by[0], whole)
		x, by = x[whole:], by[whole:]
	}
	return max(top, largestProductGo(x, by))
}

func roundBytes(dst []int8, x, by []float32, scale float32) (sum int32) {
	if whole := len(x) &^ 15; level == levelAVX512 && whole > 0 {
		sum = roundBytesAVX512(&dst[0], &x[0], &by[0], whole, scale)
		dst, x, by = dst[whole:], x[whole:], by[whole:]
	}
	return sum + roundBytesGo(dst, x, by, scale)
}

func byteTile(dst []float32, ldd int, a []int8, lda int, b []uint8, groups int, start []int32, rowScale, scale, bias []float32, add int) {
	if bytesFast() {
		byteTileAVX512(&dst[0], 4*ldd, &a[0], lda, &b[0], groups, &start[0], &rowScale[0], &scale[0], &bias[0], add)
		return
	}
	byteTileGo(dst, ldd, a, lda, b, groups, start, rowScale, scale, bias, add)
}
