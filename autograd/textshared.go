package autograd

import (
	"hash/fnv"

	G "gorgonia.org/gorgonia"
)

// What the text files use under its old names.

var (
	fence    = Fence
	parallel = Parallel
	matrix   = MatrixType
	pair     = VectorType
)

type opTraits struct{}

func (opTraits) ReturnsPtr() bool     { return false }
func (opTraits) CallsExtern() bool    { return false }
func (opTraits) OverwritesInput() int { return -1 }

func hashOf(op G.Op) uint32 {
	h := fnv.New32a()
	op.WriteHash(h)
	return h.Sum32()
}
