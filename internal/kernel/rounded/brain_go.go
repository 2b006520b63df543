//go:build !amd64 || noasm

package rounded

func brainFast() bool { return false }

func roundBrains(dst []uint16, x []float32) { roundBrainsGo(dst, x) }

func brainTile(dst []float32, ldd int, a []uint16, lda int, b []uint16, pairs int, bias []float32, add int) {
	brainTileGo(dst, ldd, a, lda, b, pairs, bias, add)
}
