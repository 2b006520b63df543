package index

import (
	"unsafe"

	"github.com/luminavec/luminavec/index/internal/chunk"
	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// The types of package walk.
type (
	id   = walk.ID
	slot = walk.Slot
	key  = walk.Key
)

const (
	none     = walk.None
	maxNodes = walk.MaxNodes
)

// load and put access a link.
func load(s *slot) id   { return s.Load() }
func put(s *slot, n id) { s.Put(n) }

// arena is level 0 of the graph: for each node a record with its links and then what
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
// Vectors without links are padded to 16 bytes only, because the kernels need no more.
// The records of a flat index have no links.
type arena struct {
	records *chunk.Array[float32]
	vectors *chunk.Array[float32] // the same as records, unless those hold codes
	slots   int                   // links in a record
	head    int                   // floats before the vector or the code
	before  int                   // floats before the vector in a row of vectors
	stride  int                   // floats of the vector with its padding
	coded   bool
	bits    int  // per value of a code, 0 without codes
	squared bool // codes are for squared distances, not inner products
}

func newArena(o Options, slots int) *arena {
	a := &arena{
		slots: slots, head: kernel.Stride(slots), stride: kernel.Stride(o.Dim),
		coded: o.Quantization != NoQuantization, bits: o.Quantization.bits(), squared: o.Metric == Euclidean,
	}
	if a.coded || slots == 0 {
		a.stride = (o.Dim + 3) / 4 * 4
	}
	if a.coded {
		a.records = chunk.New(a.head+kernel.CodeStride(o.Dim, a.bits)/4, 4, kernel.Aligned)
		a.vectors = chunk.New(a.stride, 4, kernel.Aligned)
		return a
	}
	a.records = chunk.New(a.head+a.stride, 4, kernel.Aligned)
	a.vectors, a.before = a.records, a.head
	return a
}

// grow makes room for n nodes.
func (a *arena) grow(n int) {
	a.records.Grow(n)
	a.vectors.Grow(n)
}

// vector returns the vector of n with its padding of zeros.
func (a *arena) vector(n id) []float32 { return a.vectors.Row(int(n))[a.before:] }

// encode computes the code of n from its vector, if the arena has codes.
func (a *arena) encode(n id, dim int) {
	if a.coded {
		kernel.EncodeCode(a.records.Row(int(n))[a.head:], a.vector(n)[:dim], a.bits, a.squared)
	}
}

// codes returns the codes in the form that the kernel needs.
func (a *arena) codes() kernel.CodeTable {
	chunks, shift := a.records.Chunks()
	return kernel.CodeTable{Chunks: chunks, Shift: shift, Width: a.records.Width(), Head: a.head}
}

// values returns the number of floats allocated.
func (a *arena) values() int {
	if a.coded {
		return a.records.Values() + a.vectors.Values()
	}
	return a.records.Values()
}

// links returns the link slots of n on level 0, which must be accessed with load and
// put.
func (a *arena) links(n id) []slot { return asSlots(a.records.Row(int(n)), a.slots) }

// asSlots returns the first n floats of a record as slots: both have 4 bytes.
func asSlots(record []float32, n int) []slot {
	return unsafe.Slice((*slot)(unsafe.Pointer(&record[0])), n)
}
