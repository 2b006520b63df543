package index

import (
	"encoding/binary"
	"unsafe"
)

// A file of version 3 holds arrays as they lie in memory, in little endian.

// littleEndian says that this machine's memory does too.
var littleEndian = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}()

// asBytes is the memory of a slice of numbers.
func asBytes[T float32 | int64 | slot](x []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(*new(T))))
}

// asNumbers is asBytes undone. p starts at a multiple of alignment.
func asNumbers[T float32 | int64 | slot](p []byte) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(p))), len(p)/int(unsafe.Sizeof(*new(T))))
}

// toLittleEndian turns the words of memory into those of a file, and back.
func toLittleEndian[T float32 | slot](x []T) {
	if littleEndian {
		return
	}
	p := asBytes(x)
	for i := 0; i < len(p); i += 4 {
		binary.LittleEndian.PutUint32(p[i:], binary.BigEndian.Uint32(p[i:]))
	}
}

// adopt makes n rows that lie in data the array's, which is empty. Those of the
// last chunk are copied, because it has room for more.
func (c *chunked[T]) adopt(data []T, n int) {
	var directory [][]T
	for at := 0; at < n; at += 1 << c.shift {
		from, size := at*c.width, c.width<<c.shift
		if at+1<<c.shift <= n {
			directory = append(directory, data[from:from+size:from+size])
			continue
		}
		last := c.make(size)[:size:size]
		copy(last, data[from:])
		directory = append(directory, last)
	}
	c.directory.Store(&directory)
}
