package index

import (
	"math/bits"
	"sync/atomic"
	"unsafe"

	"github.com/luminavec/luminavec/internal/kernel"
)

// An id is the number of a vector inside the index: the order in which it was
// added. People name vectors by labels, which are int64 and never mix with it.
type id int32

// none stands where there is no node.
const none id = -1

// maxNodes keeps ids in their type.
const maxNodes = 1<<31 - 1

// chunkBytes is about how much memory an array grows by.
const chunkBytes = 1 << 20

// maxChunks is how many chunks are taken at once at most.
const maxChunks = 32

// chunked is an array of fixed-width rows that grows by whole chunks. A chunk
// never moves, so a reader holds its rows while another goroutine grows the
// array; only the directory of chunks is replaced. Growing is the writer's,
// under its lock.
type chunked[T any] struct {
	directory atomic.Pointer[[][]T]
	width     int  // values in a row
	shift     uint // a chunk holds 1<<shift rows
	make      func(n int) []T
	spare     []T // for the next chunks
}

func newChunked[T any](width, bytes int, alloc func(n int) []T) *chunked[T] {
	rows := max(1, min(chunkBytes/max(bytes*width, 1), 1<<14))
	c := &chunked[T]{width: width, shift: uint(bits.Len(uint(rows)) - 1), make: alloc}
	c.directory.Store(new([][]T))
	return c
}

// row returns row i. It must have been grown to.
func (c *chunked[T]) row(i int) []T {
	chunk := (*c.directory.Load())[i>>c.shift]
	at := (i & (1<<c.shift - 1)) * c.width
	return chunk[at : at+c.width : at+c.width]
}

// run returns the rows from i to the end of its chunk, but at most n.
func (c *chunked[T]) run(i, n int) (rows []T, count int) {
	chunk := (*c.directory.Load())[i>>c.shift]
	first := i & (1<<c.shift - 1)
	count = min(n, 1<<c.shift-first)
	return chunk[first*c.width : (first+count)*c.width], count
}

// grow makes room for n rows.
func (c *chunked[T]) grow(n int) {
	old := *c.directory.Load()
	if n <= len(old)<<c.shift {
		return
	}
	// The backing array may be shared with the directory that readers hold:
	// append writes only beyond its length.
	for n > len(old)<<c.shift {
		if len(c.spare) == 0 {
			// A large array takes several chunks at once, so that they can lie
			// on large pages. What nobody has touched yet costs no memory.
			c.spare = c.make(c.width << c.shift * max(1, min(len(old), maxChunks)))
		}
		end := c.width << c.shift
		old = append(old, c.spare[:end:end])
		c.spare = c.spare[end:]
	}
	c.directory.Store(&old)
}

// values is how many values the chunks hold.
func (c *chunked[T]) values() int { return len(*c.directory.Load()) * c.width << c.shift }

// arena is level 0: a record for each node, its links and then what the walk
// compares, in one piece of memory, so that one hop touches one place. A record
// starts at a cache line and so does what follows the links:
//
//	| links: int32 × slots | zero to pad | vector: float32 × dim | zero to pad |
//
// With quantization the code stands in the vector's place (see
// kernel.EncodeCode), and the vectors are an array of their own:
//
//	| links: int32 × slots | zero to pad | code: byte × dim | zero to pad | factor, bias |
//
// Vectors that stand alone, as the kernels need no more of them, are padded to 16
// bytes only. A flat index has the arena with no links.
type arena struct {
	records *chunked[float32]
	vectors *chunked[float32] // records too, unless they hold codes
	slots   int               // links in a record
	head    int               // floats before the vector or the code
	before  int               // floats before the vector in a row of vectors
	stride  int               // floats of the vector with its padding
	coded   bool
	bits    int  // of a value in a code, 0 without
	squared bool // what codes stand for: squared distances, or inner products
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
		a.records = newChunked(a.head+kernel.CodeStride(o.Dim, a.bits)/4, 4, kernel.Aligned)
		a.vectors = newChunked(a.stride, 4, kernel.Aligned)
		return a
	}
	a.records = newChunked(a.head+a.stride, 4, kernel.Aligned)
	a.vectors, a.before = a.records, a.head
	return a
}

// grow makes room for n nodes.
func (a *arena) grow(n int) {
	a.records.grow(n)
	a.vectors.grow(n)
}

// vector returns the vector of n with its padding of zeros.
func (a *arena) vector(n id) []float32 { return a.vectors.row(int(n))[a.before:] }

// encode writes the code of n, which has its vector, where there are codes.
func (a *arena) encode(n id, dim int) {
	if a.coded {
		kernel.EncodeCode(a.records.row(int(n))[a.head:], a.vector(n)[:dim], a.bits, a.squared)
	}
}

// codes is the codes as the kernel takes them.
func (a *arena) codes() kernel.CodeTable {
	r := a.records
	return kernel.CodeTable{Chunks: *r.directory.Load(), Shift: r.shift, Width: r.width, Head: a.head}
}

// values is how many floats the arena holds.
func (a *arena) values() int {
	if a.coded {
		return a.records.values() + a.vectors.values()
	}
	return a.records.values()
}

// links returns the link slots of n on level 0, to be read and written with
// load and put.
func (a *arena) links(n id) []slot { return asSlots(a.records.row(int(n)), a.slots) }

// asSlots reads the first n floats of a record as slots: both are 4 bytes wide.
func asSlots(record []float32, n int) []slot {
	return unsafe.Slice((*slot)(unsafe.Pointer(&record[0])), n)
}

// A slot holds a link, as id+1: fresh memory is empty slots.
type slot int32

// load and put are how links are touched: a search reads a list while an
// insertion changes it. What was written before the put of an id (the node's
// vector, label and own links) is seen by whoever loads that id.
func load(s *slot) id   { return id(atomic.LoadInt32((*int32)(s))) - 1 }
func put(s *slot, n id) { atomic.StoreInt32((*int32)(s), int32(n)+1) }
