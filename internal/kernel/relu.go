package kernel

// BiasReLU is the forward pass of a layer on the rows of x, each as long as bias:
//
//	dst[r][j] = max(0, x[r][j] + bias[j])
//
// dst may be x. NaN stays NaN. It panics with PanicLength if dst is shorter than x or
// x is not a whole number of rows.
func BiasReLU(dst, x, bias []float32) {
	n := len(bias)
	if len(dst) < len(x) || !wholeRows(len(x), n) {
		panic(PanicLength)
	}
	for at := 0; at < len(x); at += n {
		biasReLU(dst[at:at+n], x[at:at+n], bias)
	}
}

// ReLUGradient is the backward pass of BiasReLU. y is its result and dy the gradient of y:
//
//	dst[r][j] = y[r][j] > 0 ? dy[r][j] : 0
//	bias[j]  += dst[r][j]
//
// dst, the gradient of x, may be dy or y. The gradient of the bias is added to bias.
// ReLUGradient panics with PanicLength if dst or dy is shorter than y, or if y is not a whole
// number of rows.
func ReLUGradient(dst, bias, y, dy []float32) {
	n := len(bias)
	if len(dst) < len(y) || len(dy) < len(y) || !wholeRows(len(y), n) {
		panic(PanicLength)
	}
	for at := 0; at < len(y); at += n {
		reluGradient(dst[at:at+n], bias, y[at:at+n], dy[at:at+n])
	}
}

// wholeRows reports whether n values are a whole number of rows.
func wholeRows(n, row int) bool { return n == 0 || row > 0 && n%row == 0 }
