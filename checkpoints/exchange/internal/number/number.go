// Package number reads and writes the numbers of vectors, as text and in binary form.
package number

import (
	"encoding/binary"
	"math"
	"strconv"
)

var little = binary.LittleEndian

// MaxDim is the maximum length of a vector.
const MaxDim = 1 << 16

// exponent is all ones in infinities and NaN.
const exponent = 0x7f800000

// NotFinite returns the index of the first NaN or infinity, -1: there is none.
func NotFinite(values []float32) int {
	for i, x := range values {
		if math.Float32bits(x)&exponent == exponent {
			return i
		}
	}
	return -1
}

// AppendBinary appends values as little-endian float32.
func AppendBinary(b []byte, values []float32) []byte {
	for _, v := range values {
		b = little.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// DecodeBinary reads little-endian float32 values, 4 bytes each.
func DecodeBinary(dst []float32, src []byte) {
	src = src[:4*len(dst)]
	for i := range dst {
		dst[i] = math.Float32frombits(little.Uint32(src[4*i : 4*i+4]))
	}
}

// AppendText appends each number with the fewest digits that give the same float32
// back. Numbers of usual size have no exponent.
func AppendText(dst []byte, values []float32, separator byte) []byte {
	for i, v := range values {
		if i > 0 {
			dst = append(dst, separator)
		}
		format := byte('f')
		if a := math.Abs(float64(v)); a != 0 && (a < 1e-4 || a >= 1e9) {
			format = 'e'
		}
		dst = strconv.AppendFloat(dst, float64(v), format, -1, 32)
	}
	return dst
}
