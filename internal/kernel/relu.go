package kernel

// BiasReLU is the forward pass of a layer on the rows of x, each as long as bias:
//
//	dst[r][j] = max(0, x[r][j] + bias[j])
//
// dst may be x. A NaN stays one. It panics with PanicLength when dst is shorter than x or
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

// ReLUGradient is its backward pass. y is what BiasReLU gave and dy the gradient of it:
//
//	dst[r][j] = y[r][j] > 0 ? dy[r][j] : 0
//	bias[j]  += dst[r][j]
//
// dst, the gradient of x, may be dy or y; bias receives its own, added. It panics with
// PanicLength when dst or dy is shorter than y or y is not a whole number of rows.
func ReLUGradient(dst, bias, y, dy []float32) {
	n := len(bias)
	if len(dst) < len(y) || len(dy) < len(y) || !wholeRows(len(y), n) {
		panic(PanicLength)
	}
	for at := 0; at < len(y); at += n {
		reluGradient(dst[at:at+n], bias, y[at:at+n], dy[at:at+n])
	}
}

// wholeRows says whether n values are a whole number of rows.
func wholeRows(n, row int) bool { return n == 0 || row > 0 && n%row == 0 }
