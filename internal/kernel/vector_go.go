package kernel

// The plain Go versions: fallback and oracle. Four partial sums let the
// processor overlap the additions.

//go:norace
func dotGo(x, y []float32) float32 {
	y = y[:len(x)]
	var s0, s1, s2, s3 float32
	for len(x) >= 4 && len(y) >= 4 {
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
		x, y = x[4:], y[4:]
	}
	y = y[:len(x)]
	for i, v := range x {
		s0 += v * y[i]
	}
	return (s0 + s1) + (s2 + s3)
}

func squaredDistanceGo(x, y []float32) float32 {
	y = y[:len(x)]
	var s0, s1, s2, s3 float32
	for len(x) >= 4 && len(y) >= 4 {
		d0, d1, d2, d3 := x[0]-y[0], x[1]-y[1], x[2]-y[2], x[3]-y[3]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
		x, y = x[4:], y[4:]
	}
	y = y[:len(x)]
	for i, v := range x {
		d := v - y[i]
		s0 += d * d
	}
	return (s0 + s1) + (s2 + s3)
}

//go:norace
func axpyGo(dst []float32, alpha float32, x []float32) {
	dst = dst[:len(x)]
	for len(x) >= 4 && len(dst) >= 4 {
		dst[0] += alpha * x[0]
		dst[1] += alpha * x[1]
		dst[2] += alpha * x[2]
		dst[3] += alpha * x[3]
		x, dst = x[4:], dst[4:]
	}
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] += alpha * v
	}
}

func scaleGo(dst []float32, alpha float32) {
	for i := range dst {
		dst[i] *= alpha
	}
}

func firstAboveGo(x []float32, bound float32) int {
	for i, v := range x {
		if v > bound {
			return i
		}
	}
	return len(x)
}

func dotScanGo(dst, q, rows []float32, stride int) {
	for i := range dst {
		dst[i] = dotGo(q, rows[i*stride:i*stride+len(q)])
	}
}

func squaredDistanceScanGo(dst, q, rows []float32, stride int) {
	for i := range dst {
		dst[i] = squaredDistanceGo(q, rows[i*stride:i*stride+len(q)])
	}
}
