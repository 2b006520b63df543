package kernel

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a large page on the machines that have them.
const hugePage = 2 << 20

// adviseHugePages requests large pages for x, a table whose rows the kernels read at random:
// with 4 KiB pages nearly every row costs a walk of the page tables. It is only advice, so
// errors are ignored.
func adviseHugePages(x []float32) {
	p := uintptr(unsafe.Pointer(unsafe.SliceData(x)))
	skip := int(-p % hugePage / 4)
	if n := (len(x) - skip) / (hugePage / 4) * (hugePage / 4); n > 0 {
		x = x[skip : skip+n]
		b := unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 4*n)
		_ = unix.Madvise(b, unix.MADV_HUGEPAGE)
		_ = unix.Madvise(b, unix.MADV_COLLAPSE) // memory that was used before has small pages
	}
}
