package kernel

import "math"

// geluGo returns y·Φ(y) as max(y, 0) − |y|·½·erfc(|y|/√2) (see gen/attention.go).
func geluGo(y float32) float32 {
	if y != y {
		return y
	}
	size := max(y, -y)
	t := 1 / (1 + float32(0.3275911/math.Sqrt2)*size)
	q := float32(1.061405429 / 2)
	q = q*t - 1.453152027/2
	q = q*t + 1.421413741/2
	q = q*t - 0.284496736/2
	q = q*t + 0.254829592/2
	return max(y, 0) - size*(q*t*expGo(y*y*-0.5))
}

func biasGELUGo(dst, x, bias []float32) {
	dst, x = dst[:len(bias)], x[:len(bias)]
	for i, b := range bias {
		dst[i] = geluGo(x[i] + b)
	}
}

func deviationsGo(x []float32, mean float32) (sum, squares float32) {
	var sums, all [4]float32
	for i, v := range x {
		sums[i&3] += v - mean
		all[i&3] += (v - mean) * (v - mean)
	}
	return (sums[0] + sums[1]) + (sums[2] + sums[3]), (all[0] + all[1]) + (all[2] + all[3])
}

func standardizeGo(dst, x, gain, bias []float32, mean, inverse float32) {
	dst, gain, bias = dst[:len(x)], gain[:len(x)], bias[:len(x)]
	for i, v := range x {
		dst[i] = (v-mean)*inverse*gain[i] + bias[i]
	}
}
