package kernel

// The functions of this file are the passes of a fast rotation. They only add, subtract and
// multiply, each value in the same order in all versions, which therefore return the same bits.

// PanicPower is the value with which [Hadamard] panics.
const PanicPower = "kernel: length is not a power of two from 64 on"

// Multiply multiplies x[i] by y[i]. It panics with PanicLength unless x has a multiple of Lanes
// values and y at least as many.
func Multiply(x, y []float32) {
	if len(x) > len(y) || len(x)%Lanes != 0 {
		panic(PanicLength)
	}
	if len(x) > 0 {
		multiply(x, y)
	}
}

// Butterflies sets x[i] and y[i] to x[i]+y[i] and x[i]-y[i]. It panics with PanicLength unless both
// have the same number of values, a multiple of Lanes.
func Butterflies(x, y []float32) {
	if len(x) != len(y) || len(x)%Lanes != 0 {
		panic(PanicLength)
	}
	if len(x) > 0 {
		butterflies(x, y)
	}
}

// Hadamard replaces x by its product with the Hadamard matrix, whose entries are 1 or -1. The
// length of the result is that of x times the root of len(x). It panics with PanicPower unless
// len(x) is a power of two from 64 on.
func Hadamard(x []float32) {
	if n := len(x); n < 64 || n&(n-1) != 0 {
		panic(PanicPower)
	}
	hadamard(x)
}

func multiplyGo(x, y []float32) {
	for i := range x {
		x[i] *= y[i]
	}
}

func butterfliesGo(x, y []float32) {
	for i, v := range x {
		x[i], y[i] = v+y[i], v-y[i]
	}
}

func hadamardGo(x []float32) {
	for stride := 1; stride < len(x); stride *= 2 {
		for at := 0; at < len(x); at += 2 * stride {
			butterfliesGo(x[at:at+stride], x[at+stride:at+2*stride])
		}
	}
}
