//go:build (!amd64 && !arm64) || noasm

package rounded

func bytesFast() bool { return false }

func largestProduct(x, by, middle []float32) float32 { return largestProductGo(x, by, middle) }

func roundBytes(dst []int8, x, by, middle []float32, scale float32) int32 {
	return roundBytesGo(dst, x, by, middle, scale)
}

func byteTile(dst []float32, ldd int, a []int8, lda int, b []uint8, groups int, start []int32, rowScale, scale, bias []float32, add int) {
	byteTileGo(dst, ldd, a, lda, b, groups, start, rowScale, scale, bias, add)
}

func wordsFast() bool { return false }

func wordTile(dst []float32, ldd int, a []uint8, lda int, b []int8, octets int, start []int32, rowScale, scale, bias []float32, add, count int) {
	wordTileGo(dst, ldd, a, lda, b, octets, start, rowScale, scale, bias, add, count)
}
