//go:build amd64 && !noasm

package kernel

func biasGELU(dst, x, bias []float32) {
	switch level {
	case levelAVX512:
		biasGELUAVX512(dst, x, bias)
	case levelAVX2:
		biasGELUAVX2(dst, x, bias)
	default:
		biasGELUGo(dst, x, bias)
	}
}

func deviations(x []float32, mean float32) (sum, squares float32) {
	switch level {
	case levelAVX512:
		return deviationsAVX512(x, mean)
	case levelAVX2:
		return deviationsAVX2(x, mean)
	}
	return deviationsGo(x, mean)
}

func standardize(dst, x, gain, bias []float32, mean, inverse float32) {
	switch level {
	case levelAVX512:
		standardizeAVX512(dst, x, gain, bias, mean, inverse)
	case levelAVX2:
		standardizeAVX2(dst, x, gain, bias, mean, inverse)
	default:
		standardizeGo(dst, x, gain, bias, mean, inverse)
	}
}
