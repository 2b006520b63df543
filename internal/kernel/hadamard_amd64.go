//go:build amd64 && !noasm

package kernel

func multiply(x, y []float32) {
	switch level {
	case levelAVX512:
		multiplyAVX512(&x[0], &y[0], len(x))
	case levelAVX2:
		multiplyAVX2(&x[0], &y[0], len(x))
	default:
		multiplyGo(x, y)
	}
}

func butterflies(x, y []float32) {
	switch level {
	case levelAVX512:
		butterfliesAVX512(&x[0], &y[0], len(x))
	case levelAVX2:
		butterfliesAVX2(&x[0], &y[0], len(x))
	default:
		butterfliesGo(x, y)
	}
}

func hadamard(x []float32) {
	switch level {
	case levelAVX512:
		hadamardAVX512(&x[0], len(x))
	case levelAVX2:
		hadamardAVX2(&x[0], len(x))
	default:
		hadamardGo(x)
	}
}
