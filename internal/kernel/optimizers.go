package kernel

import "math"

// The steps of the optimizers on one row of a table or of a dense matrix: w is the row of
// weights, g its gradient, and the other slices are the optimizer's state for that row. All
// slices must have at least len(w) values; each function panics with PanicLength if one is
// shorter.

// SGDRow takes a step of gradient descent, with momentum (Polyak 1964, "Some Methods of
// Speeding up the Convergence of Iteration Methods") unless velocity is nil:
//
//	velocity = momentum·velocity + g
//	w       -= lr·velocity
func SGDRow(w, velocity, g []float32, lr, momentum float32) {
	if len(g) < len(w) || velocity != nil && len(velocity) < len(w) {
		panic(PanicLength)
	}
	if velocity == nil {
		axpy(w, -lr, g[:len(w)])
		return
	}
	momentumStep(w, velocity, g, lr, momentum)
}

// AdaGradRow takes a step of AdaGrad (Duchi, Hazan and Singer 2011, "Adaptive Subgradient
// Methods for Online Learning and Stochastic Optimization"), diagonal form:
//
//	squares += g²
//	w       -= lr·g/(√squares + epsilon)
//
// epsilon must be positive, or a column without a gradient becomes NaN.
func AdaGradRow(w, squares, g []float32, lr, epsilon float32) {
	if len(squares) < len(w) || len(g) < len(w) {
		panic(PanicLength)
	}
	adaGradStep(w, squares, g, lr, epsilon)
}

// An AdamStep holds the parameters that all rows share in a step of Adam. NewAdamStep returns one.
type AdamStep struct {
	beta1, rest1, beta2, rest2 float32 // β and 1−β of the two moments
	step                       float32 // lr/(1−β1ᵗ)
	root                       float32 // 1/√(1−β2ᵗ)
	epsilon                    float32
	keep                       float32 // 1−lr·decay
}

// NewAdamStep returns the parameters of step t of Adam, counted from 1 (Kingma and Ba
// 2015, "Adam: A Method for Stochastic Optimization", algorithm 1), with decoupled weight
// decay (Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization") unless decay
// is 0. For rows that are updated rarely, t may be the row's own number of steps.
func NewAdamStep(lr, beta1, beta2, epsilon, decay float64, t int) AdamStep {
	return AdamStep{
		beta1: float32(beta1), rest1: float32(1 - beta1),
		beta2: float32(beta2), rest2: float32(1 - beta2),
		step:    float32(lr / (1 - math.Pow(beta1, float64(t)))),
		root:    float32(1 / math.Sqrt(1-math.Pow(beta2, float64(t)))),
		epsilon: float32(epsilon),
		keep:    float32(1 - lr*decay),
	}
}

// AdamRow takes a step of Adam:
//
//	m = β1·m + (1−β1)·g
//	v = β2·v + (1−β2)·g²
//	w = (1−lr·decay)·w − lr·(m/(1−β1ᵗ))/(√(v/(1−β2ᵗ)) + epsilon)
func AdamRow(w, m, v, g []float32, s *AdamStep) {
	if len(m) < len(w) || len(v) < len(w) || len(g) < len(w) {
		panic(PanicLength)
	}
	adamStep(w, m, v, g, s)
}
