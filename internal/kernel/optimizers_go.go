package kernel

import "math"

//go:norace
func momentumStepGo(w, velocity, g []float32, lr, momentum float32) {
	velocity, g = velocity[:len(w)], g[:len(w)]
	for i := range w {
		velocity[i] = momentum*velocity[i] + g[i]
		w[i] -= lr * velocity[i]
	}
}

//go:norace
func adaGradStepGo(w, squares, g []float32, lr, epsilon float32) {
	squares, g = squares[:len(w)], g[:len(w)]
	for i, d := range g {
		squares[i] += d * d
		w[i] -= lr * d / (sqrt(squares[i]) + epsilon)
	}
}

//go:norace
func adamStepGo(w, m, v, g []float32, s *AdamStep) {
	m, v, g = m[:len(w)], v[:len(w)], g[:len(w)]
	for i, d := range g {
		m[i] = s.beta1*m[i] + s.rest1*d
		v[i] = s.beta2*v[i] + s.rest2*(d*d)
		w[i] = s.keep*w[i] - s.step*m[i]/(s.root*sqrt(v[i])+s.epsilon)
	}
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }
