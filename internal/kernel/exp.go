package kernel

// The passes of a softmax over the rows of a matrix of similarities, or of two softmaxes
// over its rows and its columns that share the exponentials.
//
// The exponentials have a relative error of at most 2e-7, plus |scale·x+shift|·6e-8 from
// rounding the argument. Arguments below -87.33 give 0, arguments above 88.722 give the
// largest result, 3.4e38, and NaN gives NaN.

// ExpSum sets dst[i] to exp(scale*x[i] + shift) for every i < len(x) and returns their
// sum. dst may be x. It replaces
//
//	for i, v := range x {
//		dst[i] = exp(scale*v + shift)
//		sum += dst[i]
//	}
//
// and panics with PanicLength when dst is shorter than x.
func ExpSum(dst, x []float32, scale, shift float32) (sum float32) {
	if len(dst) < len(x) {
		panic(PanicLength)
	}
	return expSum(dst, x, scale, shift)
}

// Maximum returns the largest value of x, which is not empty. If one is NaN, the result may be any value.
func Maximum(x []float32) float32 {
	if len(x) < 16 {
		return maximumGo(x)
	}
	return maximum(x)
}

// ExpSumColumns is like ExpSum, but also adds each dst[i] to columns[i]. If it is called for
// every row of a matrix, columns then holds the sums of the columns. It panics with PanicLength
// when dst or columns is shorter than x.
func ExpSumColumns(dst, columns, x []float32, scale, shift float32) (sum float32) {
	if len(dst) < len(x) || len(columns) < len(x) {
		panic(PanicLength)
	}
	return expSumColumns(dst, columns, x, scale, shift)
}

// SoftmaxGradient turns a row e of exponentials into the gradient of their softmax, or
// of the two softmaxes over rows and columns:
//
//	for i, v := range e {
//		dst[i] = v * (row + columns[i])
//	}
//
// row is the inverse of the row's sum and columns the inverses of the columns' sums, each
// times the weight of its loss. dst may be e. It panics with PanicLength when dst or
// columns is shorter than e.
func SoftmaxGradient(dst, e, columns []float32, row float32) {
	if len(dst) < len(e) || len(columns) < len(e) {
		panic(PanicLength)
	}
	softmaxGradient(dst, e, columns, row)
}
