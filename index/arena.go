package index

import (
	"math"
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

// chunked is an array of fixed-width rows that grows by whole chunks. A chunk
// never moves, so a reader holds its rows while another goroutine grows the
// array; only the directory of chunks is replaced. Growing is the writer's,
// under its lock.
type chunked[T any] struct {
	directory atomic.Pointer[[][]T]
	width     int  // values in a row
	shift     uint // a chunk holds 1<<shift rows
	make      func(n int) []T
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
		old = append(old, c.make(c.width<<c.shift))
	}
	c.directory.Store(&old)
}

// values is how many values the chunks hold.
func (c *chunked[T]) values() int { return len(*c.directory.Load()) * c.width << c.shift }

// arena is level 0: a record for each node, its links and then its vector, in
// one piece of memory, so that one hop touches one place. A record starts at a
// cache line and so does the vector in it:
//
//	| links: int32 × slots | zero to pad | vector: float32 × dim | zero to pad |
//
// A flat index has the same arena with no links.
type arena struct {
	records *chunked[float32]
	slots   int // links in a record
	head    int // floats before the vector
	stride  int // floats of the vector with its padding
}

func newArena(dim, slots int) *arena {
	a := &arena{slots: slots, head: kernel.Stride(slots), stride: kernel.Stride(dim)}
	width := a.head + a.stride
	a.records = newChunked(width, 4, kernel.Aligned)
	return a
}

// vector returns the vector of n with its padding of zeros.
func (a *arena) vector(n id) []float32 { return a.records.row(int(n))[a.head:] }

// fetch reads a word of each cache line of the vectors of nodes. The reads do
// not wait for each other, so memory is asked for all of them at once, where
// the distances, computed next, would ask for one vector after the other. It
// makes a search of a large index a quarter faster; it takes the place of the
// prefetch instruction that Go has not. The result is of no use, but the
// compiler must not know.
func (a *arena) fetch(nodes []id) uint32 {
	var all uint32
	for _, n := range nodes {
		v := a.vector(n)
		for i := 0; i < len(v); i += kernel.Lanes {
			all |= math.Float32bits(v[i])
		}
	}
	return all
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
