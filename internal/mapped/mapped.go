// Package mapped reads files that are mapped into memory: the operating system reads the parts that
// are used, when they are used, so that opening a large file costs nothing.
//
// Nothing in such a file can be trusted. [Blocks] compares the checksum of a block the first time
// that it is used, so that damaged bytes are never used, and [IsFault] helps to turn the fault of a
// file that was truncated while it was open into an error.
package mapped

import (
	"os"
	"unsafe"

	"github.com/edsrzf/mmap-go"
)

// LittleEndian reports whether this machine is little endian, so that numbers have the same
// layout in memory as in a file.
var LittleEndian = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}()

// Map maps f into memory, or returns nil if that is not possible on this system or
// for this file. The system copies pages before they are written to, so changes to
// the memory do not reach the file.
func Map(f *os.File) []byte {
	if !LittleEndian {
		return nil
	}
	m, err := mmap.Map(f, mmap.COPY, 0)
	if err != nil {
		return nil
	}
	return m
}

// Unmap undoes Map. Nothing may still refer to the memory.
func Unmap(mapped []byte) {
	m := mmap.MMap(mapped)
	_ = m.Unmap() // leftover address space does no harm
}

// IsFault reports whether v, which a deferred function recovered, is a fault of its goroutine: a
// mapped file that another program truncates no longer has the pages that are read, and the system
// sends SIGBUS, which ends a Go program unless debug.SetPanicOnFault makes it a panic. Any other
// panic continues.
//
//	func read() (err error) {
//		was := debug.SetPanicOnFault(true)
//		defer func() {
//			debug.SetPanicOnFault(was)
//			if mapped.IsFault(recover()) {
//				err = errTruncated
//			}
//		}()
//
// Every goroutine needs its own. It is for what reads and changes nothing: a half-made change
// would remain.
func IsFault(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case interface{ Addr() uintptr }: // of debug.SetPanicOnFault
		return true
	default:
		panic(v)
	}
}
