//go:build arm64 && !noasm

package rounded

func bytesFast() bool { return level() == dotProd }

func largestProduct(x, by, middle []float32) (top float32) {
	if whole := len(x) &^ 15; level() != plain && whole > 0 {
		top = largestProductNEON(&x[0], &by[0], &middle[0], whole)
		x, by, middle = x[whole:], by[whole:], middle[whole:]
	}
	return max(top, largestProductGo(x, by, middle))
}

func roundBytes(dst []int8, x, by, middle []float32, scale float32) (sum int32) {
	if whole := len(x) &^ 15; level() != plain && whole > 0 {
		sum = roundBytesNEON(&dst[0], &x[0], &by[0], &middle[0], whole, scale)
		dst, x, by, middle = dst[whole:], x[whole:], by[whole:], middle[whole:]
	}
	return sum + roundBytesGo(dst, x, by, middle, scale)
}

func byteTile(dst []float32, ldd int, a []int8, lda int, b []uint8, groups int, start []int32, rowScale, scale, bias []float32, add int) {
	if !bytesFast() {
		byteTileGo(dst, ldd, a, lda, b, groups, start, rowScale, scale, bias, add)
		return
	}
	// The assembly takes half the rows and columns at a time. It subtracts 128 from the bytes of b, for which start makes
	// up otherwise.
	for i := 0; i < byteHeight; i += byteHeight / 2 {
		for j := 0; j < byteWidth; j += byteWidth / 2 {
			byteTileDotProd(&dst[i*ldd+j], 4*ldd, &a[i*lda], lda, &b[byteDepth*j], groups, &rowScale[i], &scale[j], &bias[j], add)
		}
	}
}

func wordsFast() bool { return false }

func wordTile(dst []float32, ldd int, a []uint8, lda int, b []int8, octets int, start []int32, rowScale, scale, bias []float32, add, count int) {
	wordTileGo(dst, ldd, a, lda, b, octets, start, rowScale, scale, bias, add, count)
}
