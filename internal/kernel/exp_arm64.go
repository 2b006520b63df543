//go:build arm64 && !noasm

package kernel

func expSum(dst, x []float32, scale, shift float32) float32 {
	if level != levelGo {
		return expSumNEON(dst, x, scale, shift)
	}
	return expSumGo(dst, x, scale, shift)
}

func expSumColumns(dst, columns, x []float32, scale, shift float32) float32 {
	if level != levelGo {
		return expSumColumnsNEON(dst, columns, x, scale, shift)
	}
	return expSumColumnsGo(dst, columns, x, scale, shift)
}

func softmaxGradient(dst, e, columns []float32, row float32) {
	if level != levelGo {
		softmaxGradientNEON(dst, e, columns, row)
	} else {
		softmaxGradientGo(dst, e, columns, row)
	}
}

func maximum(x []float32) float32 {
	if level == levelGo {
		return maximumGo(x)
	}
	return maximumNEON(&x[0], &x[len(x)-16], len(x)/16)
}
