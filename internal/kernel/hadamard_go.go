//go:build (!amd64 && !arm64) || noasm

package kernel

func multiply(x, y []float32)    { multiplyGo(x, y) }
func butterflies(x, y []float32) { butterfliesGo(x, y) }
func hadamard(x []float32)       { hadamardGo(x) }
