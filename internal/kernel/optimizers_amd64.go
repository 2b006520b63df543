//go:build amd64 && !noasm

package kernel

func momentumStep(w, velocity, g []float32, lr, momentum float32) {
	switch level {
	case levelAVX512:
		momentumStepAVX512(w, velocity, g, lr, momentum)
	case levelAVX2:
		momentumStepAVX2(w, velocity, g, lr, momentum)
	default:
		momentumStepGo(w, velocity, g, lr, momentum)
	}
}

func adaGradStep(w, squares, g []float32, lr, epsilon float32) {
	switch level {
	case levelAVX512:
		adaGradStepAVX512(w, squares, g, lr, epsilon)
	case levelAVX2:
		adaGradStepAVX2(w, squares, g, lr, epsilon)
	default:
		adaGradStepGo(w, squares, g, lr, epsilon)
	}
}

func adamStep(w, m, v, g []float32, s *AdamStep) {
	switch level {
	case levelAVX512:
		adamStepAVX512(w, m, v, g, s.beta1, s.rest1, s.beta2, s.rest2, s.step, s.root, s.epsilon, s.keep)
	case levelAVX2:
		adamStepAVX2(w, m, v, g, s.beta1, s.rest1, s.beta2, s.rest2, s.step, s.root, s.epsilon, s.keep)
	default:
		adamStepGo(w, m, v, g, s)
	}
}
