//go:build amd64 && !noasm

package kernel

// Every processor with AVX2 converts halves (F16C).
func decodeHalves(x, h []float32, scale float32) {
	n := len(x) &^ 15
	switch {
	case n == 0 || level == levelGo:
		n = 0
	case level == levelAVX512:
		decodeHalvesAVX512(&x[0], &h[0], scale, n)
	default:
		decodeHalvesAVX2(&x[0], &h[0], scale, n)
	}
	decodeHalvesGo(x[n:], h[n/2:], scale)
}
