//go:build amd64 && !noasm

package kernel

func biasReLU(dst, x, bias []float32) {
	switch level {
	case levelAVX512:
		biasReLUAVX512(dst, x, bias)
	case levelAVX2:
		biasReLUAVX2(dst, x, bias)
	default:
		biasReLUGo(dst, x, bias)
	}
}

func reluGradient(dst, bias, y, dy []float32) {
	switch level {
	case levelAVX512:
		reluGradientAVX512(dst, bias, y, dy)
	case levelAVX2:
		reluGradientAVX2(dst, bias, y, dy)
	default:
		reluGradientGo(dst, bias, y, dy)
	}
}
