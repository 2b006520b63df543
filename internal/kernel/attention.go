package kernel

import "math"

// BiasGELU is the activation of a transformer on the rows of x, each as long as bias:
//
//	dst[r][j] = y*Φ(y), where y = x[r][j] + bias[j]
//
// Φ is the distribution function of the normal distribution (Hendrycks and Gimpel 2016,
// arXiv:1606.08415), with an error below 2e-7, so that of the result is below |y|·2e-7. dst may be
// x. NaN stays NaN. It panics with PanicLength if dst is shorter than x or x is not a whole number
// of rows.
func BiasGELU(dst, x, bias []float32) {
	n := len(bias)
	if len(dst) < len(x) || !wholeRows(len(x), n) {
		panic(PanicLength)
	}
	for at := 0; at < len(x); at += n {
		biasGELU(dst[at:at+n], x[at:at+n], bias)
	}
}

// LayerNorm standardizes each row of x, as long as gain, to mean 0 and variance 1, then scales and
// shifts it (Ba, Kiros and Hinton 2016, arXiv:1607.06450):
//
//	dst[r][j] = (x[r][j] - mean(x[r])) / √(variance(x[r]) + epsilon) * gain[j] + bias[j]
//
// The variance is that of the population. dst may be x. It panics with PanicLength if dst is shorter
// than x, bias is not as long as gain, or x is not a whole number of rows.
func LayerNorm(dst, x, gain, bias []float32, epsilon float32) {
	n := len(gain)
	if len(dst) < len(x) || len(bias) != n || !wholeRows(len(x), n) {
		panic(PanicLength)
	}
	for at := 0; at < len(x); at += n {
		row := x[at : at+n]
		sum, _ := deviations(row, 0)
		mean := sum / float32(n)
		rest, squares := deviations(row, mean) // Σx² - n·mean² would cancel
		rest /= float32(n)
		inverse := float32(1 / math.Sqrt(float64(squares/float32(n)-rest*rest+epsilon)))
		mean += rest // which rounding has left
		standardize(dst[at:at+n], row, gain, bias, mean, inverse)
	}
}
