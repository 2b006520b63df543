package kernel

import "math"

// expGo returns e to the power of v: with n the integer nearest to v·log₂e, it is
// 2ⁿ·exp(r), where |r| = |v − n·ln 2| ≤ ½ ln 2, and exp(r) a polynomial (see gen/exp.go).
func expGo(v float32) float32 {
	switch {
	case v < -87.33:
		return 0
	case v > 88.722:
		v = 88.722
	case v != v:
		return v
	}
	n := int32(float32(v*math.Log2E) + 256.5) // rounds, because the argument is positive
	whole := float32(n - 256)
	r := v - whole*0.693359375
	r += whole * 2.12194440e-4
	q := float32(0.0013814467)
	q = q*r + 0.008368781
	q = q*r + 0.041668393
	q = q*r + 0.1666652
	q = q*r + 0.49999994
	q = q*(r*r) + r + 1
	return math.Float32frombits(math.Float32bits(q) + uint32(n-256)<<23)
}

func expSumGo(dst, x []float32, scale, shift float32) (sum float32) {
	var sums [4]float32
	dst = dst[:len(x)]
	for i, v := range x {
		e := expGo(scale*v + shift)
		dst[i] = e
		sums[i&3] += e
	}
	return (sums[0] + sums[1]) + (sums[2] + sums[3])
}

func expSumColumnsGo(dst, columns, x []float32, scale, shift float32) (sum float32) {
	sum = expSumGo(dst, x, scale, shift)
	columns = columns[:len(x)]
	for i, e := range dst[:len(x)] {
		columns[i] += e
	}
	return sum
}

func softmaxGradientGo(dst, e, columns []float32, row float32) {
	dst, columns = dst[:len(e)], columns[:len(e)]
	for i, v := range e {
		dst[i] = v * (row + columns[i])
	}
}

// maximumGo compares four values at a time, which is several times faster than max, which treats zeros and
// NaN specially.
func maximumGo(x []float32) float32 {
	a, b, c, d := x[0], x[0], x[0], x[0]
	for ; len(x) >= 4; x = x[4:] {
		if x[0] > a {
			a = x[0]
		}
		if x[1] > b {
			b = x[1]
		}
		if x[2] > c {
			c = x[2]
		}
		if x[3] > d {
			d = x[3]
		}
	}
	for _, v := range x {
		if v > a {
			a = v
		}
	}
	return max(a, b, c, d)
}
