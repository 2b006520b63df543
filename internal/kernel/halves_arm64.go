//go:build arm64 && !noasm

package kernel

func decodeHalves(x, h []float32, scale float32) {
	n := len(x) &^ 15
	if level == levelGo {
		n = 0
	}
	if n > 0 {
		decodeHalvesNEON(&x[0], &h[0], scale, n)
	}
	decodeHalvesGo(x[n:], h[n/2:], scale)
}
