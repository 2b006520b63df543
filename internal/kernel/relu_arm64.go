//go:build arm64 && !noasm

package kernel

func biasReLU(dst, x, bias []float32) {
	if level != levelGo {
		biasReLUNEON(dst, x, bias)
	} else {
		biasReLUGo(dst, x, bias)
	}
}

func reluGradient(dst, bias, y, dy []float32) {
	if level != levelGo {
		reluGradientNEON(dst, bias, y, dy)
	} else {
		reluGradientGo(dst, bias, y, dy)
	}
}
