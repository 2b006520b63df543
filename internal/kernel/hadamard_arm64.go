//go:build arm64 && !noasm

package kernel

func multiply(x, y []float32) {
	if level == levelGo {
		multiplyGo(x, y)
		return
	}
	multiplyNEON(&x[0], &y[0], len(x))
}

func butterflies(x, y []float32) {
	if level == levelGo {
		butterfliesGo(x, y)
		return
	}
	butterfliesNEON(&x[0], &y[0], len(x))
}

func hadamard(x []float32) {
	if level == levelGo {
		hadamardGo(x)
		return
	}
	hadamardNEON(&x[0], len(x))
}
