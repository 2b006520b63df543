package kernel

func biasReLUGo(dst, x, bias []float32) {
	dst, x = dst[:len(bias)], x[:len(bias)]
	for i, b := range bias {
		dst[i] = max(0, x[i]+b)
	}
}

func reluGradientGo(dst, bias, y, dy []float32) {
	dst, y, dy = dst[:len(bias)], y[:len(bias)], dy[:len(bias)]
	for i, d := range dy {
		if !(y[i] > 0) {
			d = 0
		}
		dst[i] = d
		bias[i] += d
	}
}
