//go:build amd64 && !noasm

package rounded

import "golang.org/x/sys/cpu"

var hasVNNI = cpu.X86.HasAVX512VNNI

func bytesFast() bool { return level() == avx512 && hasVNNI || wordsFast() }

// wordsFast reports whether products of bytes are added in words. It is so for AVX-512 without VNNI too.
func wordsFast() bool { return level() == avx2 || level() == avx512 && !hasVNNI }

func largestProduct(x, by, middle []float32) (top float32) {
	if whole := len(x) &^ 15; level() != plain && whole > 0 {
		if level() == avx512 {
			top = largestProductAVX512(&x[0], &by[0], &middle[0], whole)
		} else {
			top = largestProductAVX2(&x[0], &by[0], &middle[0], whole)
		}
		x, by, middle = x[whole:], by[whole:], middle[whole:]
	}
	return max(top, largestProductGo(x, by, middle))
}

func roundBytes(dst []int8, x, by, middle []float32, scale float32) (sum int32) {
	if whole := len(x) &^ 15; level() != plain && whole > 0 {
		if level() == avx512 {
			sum = roundBytesAVX512(&dst[0], &x[0], &by[0], &middle[0], whole, scale)
		} else {
			sum = roundBytesAVX2(&dst[0], &x[0], &by[0], &middle[0], whole, scale)
		}
		dst, x, by, middle = dst[whole:], x[whole:], by[whole:], middle[whole:]
	}
	return sum + roundBytesGo(dst, x, by, middle, scale)
}

func wordTile(dst []float32, ldd int, a []uint8, lda int, b []int8, octets int, start []int32, rowScale, scale, bias []float32, add, count int) {
	if wordsFast() {
		wordTileAVX2(&dst[0], 4*ldd, &a[0], lda, &b[0], octets, &start[0], &rowScale[0], &scale[0], &bias[0], add, count)
		return
	}
	wordTileGo(dst, ldd, a, lda, b, octets, start, rowScale, scale, bias, add, count)
}

func byteTile(dst []float32, ldd int, a []int8, lda int, b []uint8, groups int, start []int32, rowScale, scale, bias []float32, add int) {
	if level() == avx512 && hasVNNI {
		byteTileAVX512(&dst[0], 4*ldd, &a[0], lda, &b[0], groups, &start[0], &rowScale[0], &scale[0], &bias[0], add)
		return
	}
	byteTileGo(dst, ldd, a, lda, b, groups, start, rowScale, scale, bias, add)
}
