// Package half converts IEEE 754 numbers of 16 bits (binary16), which half the size of tables and
// vectors.
package half

import "math"

// exponent is all ones in infinities and NaN of float32.
const exponent = 0x7f800000

// Value returns the value of a number. A float32 holds all of them.
func Value(bits uint16) float32 {
	sign, fraction := uint32(bits>>15)<<31, uint32(bits&0x3ff)
	switch e := uint32(bits >> 10 & 0x1f); e {
	case 0: // zero and the numbers below 2^-14
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	case 0x1f: // infinity and NaN
		return math.Float32frombits(sign | exponent | fraction<<13)
	default:
		return math.Float32frombits(sign | (e+127-15)<<23 | fraction<<13)
	}
}

// Of rounds to the nearest number, ties to even, as NumPy does. What is too large, from 65520,
// becomes infinity.
func Of(x float32) uint16 {
	bits := math.Float32bits(x)
	sign := uint16(bits >> 16 & 0x8000)
	bits &= 0x7fffffff
	switch {
	case bits > exponent:
		return sign | 0x7e00 // NaN
	case bits >= 0x477ff000: // 65520, half-way to the next power of two
		return sign | 0x7c00
	case bits < 0x38800000: // below 2^-14, in steps of 2^-24
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(bits))*0x1p24))
	}
	bits += 0xfff + bits>>13&1
	return sign | uint16(bits>>13-(127-15)<<10)
}
