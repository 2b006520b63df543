// Package chunk provides arrays that grow while other goroutines read them.
package chunk

import (
	"math/bits"
	"sync/atomic"
)

const (
	// chunkBytes is approximately the size of a chunk.
	chunkBytes = 1 << 20
	// maxChunks is the maximum number of chunks allocated at once.
	maxChunks = 32
)

// An Array is an array of fixed-width rows that grows in whole chunks. A chunk
// never moves, so a reader can hold rows while another goroutine grows the
// array; only the list of chunks is replaced. Growing needs a lock held by the
// caller, reading does not.
type Array[T any] struct {
	chunks atomic.Pointer[[][]T]
	width  int  // values in a row
	shift  uint // a chunk holds 1<<shift rows
	alloc  func(n int) []T
	spare  []T // for the next chunks
}

// New returns an empty array whose rows hold width values of the given size in
// bytes. alloc allocates n zero values.
func New[T any](width, size int, alloc func(n int) []T) *Array[T] {
	rows := max(1, min(chunkBytes/max(size*width, 1), 1<<14))
	a := &Array[T]{width: width, shift: uint(bits.Len(uint(rows)) - 1), alloc: alloc}
	a.chunks.Store(new([][]T))
	return a
}

// Width returns the number of values in a row.
func (a *Array[T]) Width() int { return a.width }

// Row returns row i, which must exist.
func (a *Array[T]) Row(i int) []T {
	chunk := (*a.chunks.Load())[i>>a.shift]
	at := (i & (1<<a.shift - 1)) * a.width
	return chunk[at : at+a.width : at+a.width]
}

// Run returns the rows from i to the end of its chunk, but at most n, packed,
// and their number.
func (a *Array[T]) Run(i, n int) (rows []T, count int) {
	chunk := (*a.chunks.Load())[i>>a.shift]
	first := i & (1<<a.shift - 1)
	count = min(n, 1<<a.shift-first)
	return chunk[first*a.width : (first+count)*a.width], count
}

// Grow extends the array to at least n rows.
func (a *Array[T]) Grow(n int) {
	chunks := *a.chunks.Load()
	if n <= len(chunks)<<a.shift {
		return
	}
	// Readers may hold the old list, which may share its backing array with the
	// new one: append writes only beyond the length that they know.
	for n > len(chunks)<<a.shift {
		if len(a.spare) == 0 {
			// A large array allocates several chunks at once, so that they can lie on
			// large pages. Pages that nothing has touched yet cost no memory.
			a.spare = a.alloc(a.width << a.shift * max(1, min(len(chunks), maxChunks)))
		}
		end := a.width << a.shift
		chunks = append(chunks, a.spare[:end:end])
		a.spare = a.spare[end:]
	}
	a.chunks.Store(&chunks)
}

// Adopt makes the n rows in data the contents of an empty array, without copying
// them, except for those of the last chunk, which has room for more.
func (a *Array[T]) Adopt(data []T, n int) {
	var chunks [][]T
	for at := 0; at < n; at += 1 << a.shift {
		from, size := at*a.width, a.width<<a.shift
		if at+1<<a.shift <= n {
			chunks = append(chunks, data[from:from+size:from+size])
			continue
		}
		last := a.alloc(size)[:size:size]
		copy(last, data[from:])
		chunks = append(chunks, last)
	}
	a.chunks.Store(&chunks)
}

// Values returns the number of values that the allocated chunks hold.
func (a *Array[T]) Values() int { return len(*a.chunks.Load()) * a.width << a.shift }

// Chunks returns the chunks, each of which holds 1<<shift rows.
func (a *Array[T]) Chunks() (chunks [][]T, shift uint) { return *a.chunks.Load(), a.shift }
