//go:build arm64 && !noasm

package kernel

func biasGELU(dst, x, bias []float32) {
	if level != levelGo {
		biasGELUNEON(dst, x, bias)
	} else {
		biasGELUGo(dst, x, bias)
	}
}

func deviations(x []float32, mean float32) (sum, squares float32) {
	if level != levelGo {
		return deviationsNEON(x, mean)
	}
	return deviationsGo(x, mean)
}

func standardize(dst, x, gain, bias []float32, mean, inverse float32) {
	if level != levelGo {
		standardizeNEON(dst, x, gain, bias, mean, inverse)
	} else {
		standardizeGo(dst, x, gain, bias, mean, inverse)
	}
}
