//go:build arm64 && !noasm

package kernel

func momentumStep(w, velocity, g []float32, lr, momentum float32) {
	if level != levelGo {
		momentumStepNEON(w, velocity, g, lr, momentum)
	} else {
		momentumStepGo(w, velocity, g, lr, momentum)
	}
}

func adaGradStep(w, squares, g []float32, lr, epsilon float32) {
	if level != levelGo {
		adaGradStepNEON(w, squares, g, lr, epsilon)
	} else {
		adaGradStepGo(w, squares, g, lr, epsilon)
	}
}

func adamStep(w, m, v, g []float32, s *AdamStep) {
	if level != levelGo {
		adamStepNEON(w, m, v, g, s.beta1, s.rest1, s.beta2, s.rest2, s.step, s.root, s.epsilon, s.keep)
	} else {
		adamStepGo(w, m, v, g, s)
	}
}
