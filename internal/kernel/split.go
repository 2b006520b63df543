package kernel

import "encoding/binary"

// The highest bit of a value of a code of 8 bits is its sign. Where a block holds the signs of the same values,
// a split code goes without them:
//
//	| the lower 7 bits of 8 values: 7 bytes, little endian | … | bound: float32 | factor: float32 | bias: float32 |

// SplitStride returns the length in bytes of a split code of dim values, a multiple of 64.
func SplitStride(dim int) int { return dim/8*7 + codeTrailer }

// CodeWords returns the length of a code without padding, in float32 words, for dim values, a multiple of 64:
//
//	| values | bound: float32 | factor: float32 | bias: float32 |
func CodeWords(dim, bits int) int { return (dim*bits/8 + codeTrailer) / 4 }

// TightenCode writes the code of dim values to dst without padding, CodeWords words. It panics with PanicCodes if dim
// is not a positive multiple of 64 or bits is not 8, 4, 2 or 1, and with PanicLength if dst or code is too short.
func TightenCode(dst, code []float32, dim, bits int) {
	n, words := checkTight(code, dst, dim, bits)
	copy(dst[:words-3], code)
	copy(dst[words-3:words], code[n-3:n])
}

// LoosenCode undoes TightenCode: it writes the code of dim values whose form without padding is tight. It panics as
// TightenCode does.
func LoosenCode(code, tight []float32, dim, bits int) {
	n, words := checkTight(code, tight, dim, bits)
	copy(code, tight[:words-3])
	clear(code[words-3 : n-3])
	copy(code[n-3:n], tight[words-3:words])
}

func checkTight(code, tight []float32, dim, bits int) (n, words int) {
	checkBits(bits)
	if dim <= 0 || dim%64 != 0 {
		panic(PanicCodes)
	}
	n, words = CodeStride(dim, bits)/4, CodeWords(dim, bits)
	if len(code) < n || len(tight) < words {
		panic(PanicLength)
	}
	return n, words
}

// low7 are the lower 7 bits of 8 bytes.
const low7 = 0x7f7f7f7f7f7f7f7f

// SplitCode writes the code of dim values with 8 bits each to dst without their highest bits, SplitStride
// bytes. It panics with PanicCodes if dim is not a positive multiple of 64, and with PanicLength if dst or code is
// too short.
func SplitCode(dst, code []float32, dim int) {
	checkSplit(dst, code, dim)
	n, to := CodeStride(dim, 8)/4, SplitStride(dim)/4
	b, c := asBytes(dst[:to]), asBytes(code[:n])
	copy(dst[to-3:to], code[n-3:n])
	for g := range dim / 8 {
		x := binary.LittleEndian.Uint64(c[8*g:]) & low7
		x = x&0x007f007f007f007f | x>>1&0x3f803f803f803f80
		x = x&0x00003fff00003fff | x>>2&0x0fffc0000fffc000
		x = x&0x000000000fffffff | x>>4&0x00fffffff0000000
		at := b[7*g : 7*g+7]
		binary.LittleEndian.PutUint32(at, uint32(x))
		binary.LittleEndian.PutUint16(at[4:], uint16(x>>32))
		at[6] = byte(x >> 48)
	}
}

// JoinCode undoes SplitCode: the highest bits are the signs of vector i of a block, which another goroutine may be
// writing other vectors to. It panics as SplitCode does, and with PanicCodes if i is not one of the block.
//
//go:norace
func JoinCode(code, split, block []float32, i, dim int) {
	checkSplit(split, code, dim)
	if uint(i) >= ScanCodes {
		panic(PanicCodes)
	}
	if len(block) < ScanWidth(dim, false) {
		panic(PanicLength)
	}
	n, from := CodeStride(dim, 8)/4, SplitStride(dim)/4
	joinCode(asBytes(code[:n]), asBytes(split[:from]), asBytes(block), i, dim)
	clear(code[dim/4 : n])
	copy(code[n-3:n], split[from-3:from])
}

//go:norace
func joinCodeGo(c, b, signs []byte, i, dim int) {
	at, shift := nibble(i, 0)
	for g := 0; g < dim; g += 64 {
		s := (*[256]byte)(signs[4*g:])
		y := (*[64]byte)(c[g:])
		z := (*[57]byte)(b[g/8*7:]) // the last word has a byte of the bound, or of the next 64 values
		word := uint64(0)
		for k := 15; k >= 0; k-- {
			word = word<<4 | uint64(s[(16*k+at)&255]>>(shift&7)&15)
		}
		for k := range 8 {
			x := binary.LittleEndian.Uint64(z[7*k : 7*k+8])
			x = x&0x000000000fffffff | x&0x00fffffff0000000<<4
			x = x&0x00003fff00003fff | x&0x0fffc0000fffc000<<2
			x = x&0x007f007f007f007f | x&0x3f803f803f803f80<<1
			binary.LittleEndian.PutUint64(y[8*k:8*k+8], x|tops[uint8(word)])
			word >>= 8
		}
	}
}

// tops are the highest bits of eight bytes, by the bits of one.
var tops = func() (t [256]uint64) {
	for n := range t {
		for bit := range 8 {
			t[n] |= uint64(n>>bit&1) << (8*bit + 7)
		}
	}
	return t
}()

// HighestBits sets dst[i] to 1 if the highest bit of value i of a code of 8 bits is set, and to -1 otherwise. It
// panics with PanicLength if code is too short.
func HighestBits(dst, code []float32) {
	if len(code) < CodeStride(len(dst), 8)/4 {
		panic(PanicLength)
	}
	for i, b := range asBytes(code)[:len(dst)] {
		dst[i] = float32(int(b>>7)*2 - 1)
	}
}

func checkSplit(split, code []float32, dim int) {
	if dim <= 0 || dim%64 != 0 {
		panic(PanicCodes)
	}
	if len(split) < SplitStride(dim)/4 || len(code) < CodeStride(dim, 8)/4 {
		panic(PanicLength)
	}
}
