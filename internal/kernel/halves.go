package kernel

import (
	"math"
	"unsafe"
)

// Halves are float16 numbers of IEEE 754, two in a float32 word, the first in its lower half. They are
// what [EncodeHalves] writes: the values of a vector times a power of two, the largest just
// below 2^15, so that none overflows and few are too small.

// EncodeHalves writes x times a power of two to dst, which holds HalfWords(len(x)) words, rounded to the
// nearest, and returns the factor that undoes it, or 0 if all are 0. Values must be finite.
func EncodeHalves(dst, x []float32) (scale float32) {
	if len(dst) < HalfWords(len(x)) {
		panic(PanicLength)
	}
	largest := float32(0)
	for _, v := range x {
		largest = max(largest, v, -v)
	}
	h := asHalves(dst[:HalfWords(len(x))])
	clear(h)
	if largest == 0 {
		return 0
	}
	_, exponent := math.Frexp(float64(largest)) // largest < 2^exponent
	up := math.Ldexp(1, 15-exponent)
	for i, v := range x {
		h[i] = toHalf(float32(float64(v) * up))
	}
	return float32(math.Ldexp(1, exponent-15))
}

// toHalf rounds a number below 2^15 to the nearest half, to the even one of two.
func toHalf(v float32) uint16 {
	b := math.Float32bits(v)
	sign := uint16(b>>16) & 0x8000
	v = math.Float32frombits(b &^ (1 << 31))
	if v < 0x1p-14 { // adding makes the unit of the sum that of the smallest halves
		return sign | uint16(math.Float32bits(v+0.5)-math.Float32bits(0.5))
	}
	b = math.Float32bits(v) - 112<<23
	return sign | uint16((b+0xfff+b>>13&1)>>13)
}

// DecodeHalves writes to x the values of len(x) halves times scale. It panics with PanicLength if h is too
// short.
func DecodeHalves(x, h []float32, scale float32) {
	if len(h) < HalfWords(len(x)) {
		panic(PanicLength)
	}
	if len(x) > 0 {
		decodeHalves(x, h, scale)
	}
}

func decodeHalvesGo(x, h []float32, scale float32) {
	for i, v := range asHalves(h)[:len(x)] {
		b := uint32(v&0x7fff)<<13 | uint32(v&0x8000)<<16
		x[i] = math.Float32frombits(b) * 0x1p112 * scale
	}
}

// HalvesAreFinite reports whether none of n halves is infinite or not a number.
func HalvesAreFinite(h []float32, n int) bool {
	for _, v := range asHalves(h)[:n] {
		if v&0x7c00 == 0x7c00 {
			return false
		}
	}
	return true
}

func asHalves(x []float32) []uint16 {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Slice((*uint16)(unsafe.Pointer(&x[0])), 2*len(x))
}
