// Package arena stores vectors, and what a walk reads of a node, in one piece of memory.
package arena

import (
	"unsafe"

	"github.com/luminavec/luminavec/index/internal/chunk"
	"github.com/luminavec/luminavec/index/internal/edges"
	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// An Arena is level 0 of the graph: for each node a record with its links and then what
// the walk compares, in one piece of memory, so that a hop touches one place. Records
// and what follows the links are aligned to cache lines:
//
//	| links: int32 × slots | zero to pad | vector: float32 × dim | zero to pad |
//
// With quantization the code is in the vector's place (see kernel.EncodeCode), and the
// vectors are in an array of their own:
//
//	| links: int32 × slots | zero to pad | code: byte × dim | zero to pad | factor, bias |
//
// With coded edges, the codes of the neighbors follow (see package edges):
//
//	| links: int32 × slots | zero to pad | code | codes of 32 neighbors | … |
//
// Vectors without links are padded to 16 bytes only, because the kernels need no more.
// The records of a flat index have no links.
type Arena struct {
	Records *chunk.Array[float32]
	Vectors *chunk.Array[float32] // the same as Records, unless those hold codes
	Slots   int                   // links in a record
	Before  int                   // floats before the vector in a row of Vectors
	Stride  int                   // floats of the vector with its padding
	Head    int                   // floats before the vector or the code
	Coded   bool                  // the walk compares codes of the nodes
	Bits    int                   // per value of a code, 0 without codes
	Edges   *edges.Coder          // codes the neighbors of each node, or nil

	edges   int  // floats before the codes of neighbors
	squared bool // codes are for squared distances, not inner products
}

// New returns an arena for vectors of dim values with codes of the given bits per value, or 0,
// and the given number of links. squared is whether distances are squared ones. coder, if not
// nil, codes the neighbors of each node.
func New(dim, slots, bits int, squared bool, coder *edges.Coder) *Arena {
	a := &Arena{
		Slots: slots, Head: kernel.Stride(slots), Stride: kernel.Stride(dim),
		Coded: bits > 0, Bits: bits, Edges: coder, squared: squared,
	}
	if a.Coded || slots == 0 {
		a.Stride = (dim + 3) / 4 * 4
	}
	if a.Coded {
		a.edges = a.Head + kernel.CodeStride(dim, a.Bits)/4
		width := a.edges
		if coder != nil {
			width += coder.Width()
		}
		a.Records = chunk.New(width, 4, kernel.Aligned)
		a.Vectors = chunk.New(a.Stride, 4, kernel.Aligned)
		return a
	}
	a.Records = chunk.New(a.Head+a.Stride, 4, kernel.Aligned)
	a.Vectors, a.Before = a.Records, a.Head
	return a
}

// Grow makes room for n nodes.
func (a *Arena) Grow(n int) {
	a.Records.Grow(n)
	a.Vectors.Grow(n)
}

// Vector returns the vector of n with its padding of zeros.
func (a *Arena) Vector(n walk.ID) []float32 { return a.Vectors.Row(int(n))[a.Before:] }

// Encode computes the code of n from its vector, if the arena has codes.
func (a *Arena) Encode(n walk.ID, dim int) {
	if a.Coded {
		kernel.EncodeCode(a.Records.Row(int(n))[a.Head:], a.Vector(n)[:dim], a.Bits, a.squared)
	}
}

// Codes returns the codes in the form that the kernel needs.
func (a *Arena) Codes() kernel.CodeTable {
	chunks, shift := a.Records.Chunks()
	return kernel.CodeTable{Chunks: chunks, Shift: shift, Width: a.Records.Width(), Head: a.Head}
}

// Neighbors returns the codes of the neighbors of n.
func (a *Arena) Neighbors(n walk.ID) []float32 { return a.Records.Row(int(n))[a.edges:] }

// Values returns the number of floats allocated.
func (a *Arena) Values() int {
	if a.Coded {
		return a.Records.Values() + a.Vectors.Values()
	}
	return a.Records.Values()
}

// Links returns the link slots of n on level 0, which must be accessed with load and
// put.
func (a *Arena) Links(n walk.ID) []walk.Slot { return AsSlots(a.Records.Row(int(n)), a.Slots) }

// AsSlots returns the first n floats of a record as slots: both have 4 bytes.
func AsSlots(record []float32, n int) []walk.Slot {
	return unsafe.Slice((*walk.Slot)(unsafe.Pointer(&record[0])), n)
}
