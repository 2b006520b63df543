//go:build amd64 && !noasm

package kernel

func expSum(dst, x []float32, scale, shift float32) float32 {
	switch level {
	case levelAVX512:
		return expSumAVX512(dst, x, scale, shift)
	case levelAVX2:
		return expSumAVX2(dst, x, scale, shift)
	}
	return expSumGo(dst, x, scale, shift)
}

func expSumColumns(dst, columns, x []float32, scale, shift float32) float32 {
	switch level {
	case levelAVX512:
		return expSumColumnsAVX512(dst, columns, x, scale, shift)
	case levelAVX2:
		return expSumColumnsAVX2(dst, columns, x, scale, shift)
	}
	return expSumColumnsGo(dst, columns, x, scale, shift)
}

func softmaxGradient(dst, e, columns []float32, row float32) {
	switch level {
	case levelAVX512:
		softmaxGradientAVX512(dst, e, columns, row)
	case levelAVX2:
		softmaxGradientAVX2(dst, e, columns, row)
	default:
		softmaxGradientGo(dst, e, columns, row)
	}
}

func maximum(x []float32) float32 {
	switch level {
	case levelAVX512:
		return maximumAVX512(&x[0], &x[len(x)-16], len(x)/16)
	case levelAVX2:
		return maximumAVX2(&x[0], &x[len(x)-16], len(x)/16)
	}
	return maximumGo(x)
}
