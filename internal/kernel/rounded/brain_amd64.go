//go:build amd64 && !noasm

package rounded

import "golang.org/x/sys/cpu"

var hasBF16 = cpu.X86.HasAVX512BF16

func brainFast() bool { return level() == avx512 && hasBF16 }

func roundBrains(dst []uint16, x []float32) {
	if whole := len(x) &^ 15; level() == avx512 && whole > 0 {
		roundBrainsAVX512(&dst[0], &x[0], whole)
		dst, x = dst[whole:], x[whole:]
	}
	roundBrainsGo(dst, x)
}

func brainTile(dst []float32, ldd int, a []uint16, lda int, b []uint16, pairs int, bias []float32, add int) {
	if brainFast() {
		brainTileAVX512(&dst[0], 4*ldd, &a[0], 2*lda, &b[0], pairs, &bias[0], add)
		return
	}
	brainTileGo(dst, ldd, a, lda, b, pairs, bias, add)
}
