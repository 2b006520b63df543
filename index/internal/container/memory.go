package container

import (
	"encoding/binary"
	"unsafe"

	"github.com/luminavec/luminavec/internal/mapped"
)

// LittleEndian reports whether this machine is little endian, so that arrays have the same
// layout in memory as in a file.
var LittleEndian = mapped.LittleEndian

// Number is a number type that files can hold.
type Number interface {
	~int32 | ~int64 | ~float32
}

// AsBytes returns the memory of a slice of numbers.
func AsBytes[T Number](x []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(*new(T))))
}

// AsNumbers is the inverse of AsBytes. p must be aligned for T.
func AsNumbers[T Number](p []byte) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(p))), len(p)/int(unsafe.Sizeof(*new(T))))
}

// SwapToLittleEndian converts 4-byte numbers between the byte order of this machine and that of
// files.
func SwapToLittleEndian[T ~int32 | ~float32](x []T) {
	if LittleEndian {
		return
	}
	p := AsBytes(x)
	for i := 0; i < len(p); i += 4 {
		binary.LittleEndian.PutUint32(p[i:], binary.BigEndian.Uint32(p[i:]))
	}
}
