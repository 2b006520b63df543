package kernel

// Dot returns the inner product of x and the first len(x) values of y. It
// panics with PanicLength when y is shorter than x.
func Dot(x, y []float32) float32 {
	if len(y) < len(x) {
		panic(PanicLength)
	}
	return dot(x, y)
}

// SquaredDistance returns the squared Euclidean distance of x and the first
// len(x) values of y. It panics with PanicLength when y is shorter than x.
func SquaredDistance(x, y []float32) float32 {
	if len(y) < len(x) {
		panic(PanicLength)
	}
	return squaredDistance(x, y)
}

// Axpy adds alpha*x to the first len(x) values of dst. dst and x may be the
// same slice but may not overlap otherwise. It panics with PanicLength when
// dst is shorter than x.
func Axpy(dst []float32, alpha float32, x []float32) {
	if len(dst) < len(x) {
		panic(PanicLength)
	}
	axpy(dst, alpha, x)
}

// Scale multiplies dst by alpha.
func Scale(dst []float32, alpha float32) { scale(dst, alpha) }

// Dots sets dst[i] to the inner product of q and the row of len(q) values that
// starts at rows[i*stride], for every i < len(dst), several rows at once. It panics
// with PanicRows when stride is smaller than len(q) or rows ends before the last row
// does.
func Dots(dst, q, rows []float32, stride int) {
	if checkScan(dst, q, rows, stride) {
		dots(dst, q, rows, stride)
	}
}

// DotScan sets dst[i] to the inner product of q and the row of len(q) values that
// starts at rows[i*stride], for every i < len(dst), with the same bits as [Dot].
// It suits rows that are read from memory in order; [Dots] is faster for rows in the
// caches. It panics as Dots does.
func DotScan(dst, q, rows []float32, stride int) {
	if checkScan(dst, q, rows, stride) {
		dotScan(dst, q, rows, stride)
	}
}

// SquaredDistanceScan sets dst[i] to the squared Euclidean distance of q and row i of rows,
// like [DotScan], with the same bits as [SquaredDistance].
func SquaredDistanceScan(dst, q, rows []float32, stride int) {
	if checkScan(dst, q, rows, stride) {
		squaredDistanceScan(dst, q, rows, stride)
	}
}

// checkScan checks the arguments and reports whether there is anything to do.
func checkScan(dst, q, rows []float32, stride int) bool {
	if len(dst) > 0 && (stride < len(q) || len(rows) < (len(dst)-1)*stride+len(q)) {
		panic(PanicRows)
	}
	return len(dst) > 0
}

// FirstAbove returns the smallest i with x[i] > bound, or len(x) if there is none.
func FirstAbove(x []float32, bound float32) int { return firstAbove(x, bound) }
