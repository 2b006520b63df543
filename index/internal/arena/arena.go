// Package arena stores vectors, and what a walk reads of a node, in one piece of memory.
package arena

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/luminavec/luminavec/index/internal/chunk"
	"github.com/luminavec/luminavec/index/internal/codes"
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
// With quantization the code is in the vector's place (see package codes), and the
// vectors are in an array of their own:
//
//	| links: int32 × slots | zero to pad | code | bound, factor, bias |
//
// With coded edges, the codes of the neighbors follow (see package edges):
//
//	| links: int32 × slots | zero to pad | code | codes of 32 neighbors | … |
//
// A vector that is not kept in float32 (see Form) is stored as
//
//	| scale: float32 | halves: float16 × dim | zero to pad |
//
// times the scale, relative to the center of the codes for inner products other than cosines and
// squared distances; or it is what its code represents, and Vectors is nil.
//
// Vectors without links are padded to 16 bytes only, because the kernels need no more.
// The records of a flat index have no links. With quantization it also has the signs of its
// vectors, in blocks of 32 (see kernel.ScanQuery). If it keeps nothing but codes, they are not padded:
//
//	| code | bound, factor, bias |
//
// Of codes of 8 bits, the signs are the highest bits, and records have the rest (see kernel.SplitCode).
type Arena struct {
	Records *chunk.Array[float32]
	Vectors *chunk.Array[float32] // the same as Records, unless those hold codes
	Signs   *chunk.Array[float32] // blocks, or nil
	Slots   int                   // links in a record
	Before  int                   // floats before the vector in a row of Vectors
	Stride  int                   // floats of the vector with its padding
	Head    int                   // floats before the vector or the code
	Coded   bool                  // records hold codes
	Bits    int                   // per value of a code, 0 without codes
	Edges   *edges.Coder          // codes the neighbors of each node, or nil
	Form    Form                  // of the vectors
	Tight   bool                  // records hold codes without padding
	Split   bool                  // these are split
	Whole   bool                  // codes are neither, as in files before version 9
	Later   atomic.Bool           // Put does not compute codes and signs

	Space *codes.Space // what codes and signs are relative to, nil without

	buffers sync.Pool // *[]float32 of Space.Len
	edges   int       // floats before the codes of neighbors
	offset  bool      // halves are relative to the center
}

// A Form is how vectors are kept.
type Form uint8

const (
	Full   Form = iota // float32
	Halves             // float16
	Codes              // what their codes represent
)

// New returns an arena for vectors of dim values and the given number of links, with codes of the
// given bits per value, or 0, and with signs or without. squared is whether distances are squared
// ones, unit whether vectors are divided by their lengths; the seed determines how codes are rotated. beside
// is whether the neighbors of each node are coded, and short whether rotated vectors can be shorter than
// in files before version 7.
func New(dim, slots, bits int, signs, squared, unit, beside, short bool, seed uint64) *Arena {
	a := &Arena{
		Slots: slots, Head: kernel.Stride(slots), Stride: kernel.Stride(dim),
		Coded: bits > 0, Bits: bits, offset: !unit,
	}
	if a.Coded || slots == 0 {
		a.Stride = (dim + 3) / 4 * 4
	}
	if a.Coded || signs {
		length := codes.Length(dim)
		if short && a.Coded && !signs && !beside {
			length = codes.ShortLength(dim, bits)
		}
		a.Space = codes.NewSpace(codes.NewRotation(dim, length, seed), nil, squared)
		a.buffers.New = func() any {
			b := kernel.Aligned(a.Space.Len)
			return &b
		}
	}
	if signs {
		a.Signs = chunk.New(kernel.ScanWidth(a.Space.Len, true), 4, kernel.Aligned)
	}
	if a.Coded {
		a.edges = a.Head + kernel.CodeStride(a.Space.Len, a.Bits)/4
		width := a.edges
		if beside {
			a.Edges = edges.NewCoder(slots, a.Space.Len, squared)
			width += a.Edges.Width()
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
	a.Stored().Grow(n)
	if a.Signs != nil {
		a.Signs.Grow(Blocks(n))
	}
}

// Blocks returns the number of blocks that hold the signs of n vectors.
func Blocks(n int) int { return (n + kernel.ScanCodes - 1) / kernel.ScanCodes }

// PackSigns calls write with the blocks of the signs of ids, in order, which it may overwrite. They are
// put together again where ids of the total are missing, and otherwise kept: another processor may round differently.
func (a *Arena) PackSigns(ids []walk.ID, total int, write func(block []float32)) {
	const n = kernel.ScanCodes
	block, u, buffer := make([]float32, a.Signs.Width()), kernel.Aligned(a.Space.Len), make([]float32, a.Stride)
	code, signs := kernel.Aligned(a.Space.Len), kernel.Aligned(a.Space.Len)
	for ; len(ids) > 0; ids = ids[min(n, len(ids)):] {
		last := min(n, len(ids)) - 1
		if ids[0]%n == 0 && int(ids[last]-ids[0]) == last && (last == n-1 || int(ids[last]) == total-1) {
			copy(block, a.Signs.Row(int(ids[0]/n)))
		} else {
			clear(block)
			for i, id := range ids[:min(n, len(ids))] {
				x := a.Read(buffer, id)[:a.Space.Dim]
				a.Space.Centered(u, x)
				if a.Split {
					a.loosen(code, id)
					kernel.HighestBits(signs, code)
					a.Space.EncodeSignsAs(block, i, x, u, signs)
				} else {
					a.Space.EncodeSigns(block, i, x, u)
				}
			}
		}
		write(block)
	}
}

// Codes returns the codes in the form that the kernel needs.
func (a *Arena) Codes() kernel.CodeTable {
	chunks, shift := a.Records.Chunks()
	return kernel.CodeTable{Chunks: chunks, Shift: shift, Width: a.Records.Width(), Head: a.Head}
}

// Bound returns the bound of the code of n.
func (a *Arena) Bound(n walk.ID) float32 {
	if a.Tight {
		record := a.Records.Row(int(n))
		return record[len(record)-3]
	}
	return kernel.CodeBound(a.Records.Row(int(n))[a.Head:], a.Space.Len, a.Bits)
}

// Neighbors returns the codes of the neighbors of n.
func (a *Arena) Neighbors(n walk.ID) []float32 { return a.Records.Row(int(n))[a.edges:] }

// Values returns the number of floats allocated.
func (a *Arena) Values() int {
	n := a.Records.Values()
	if a.Coded && a.Form != Codes {
		n += a.Vectors.Values()
	}
	if a.Signs != nil {
		n += a.Signs.Values()
	}
	return n
}

// Links returns the link slots of n on level 0, which must be accessed with load and
// put.
func (a *Arena) Links(n walk.ID) []walk.Slot { return AsSlots(a.Records.Row(int(n)), a.Slots) }

// AsSlots returns the first n floats of a record as slots: both have 4 bytes.
func AsSlots(record []float32, n int) []walk.Slot {
	return unsafe.Slice((*walk.Slot)(unsafe.Pointer(&record[0])), n)
}
