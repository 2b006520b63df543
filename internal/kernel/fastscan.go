package kernel

import (
	"encoding/binary"
	"math"
)

// A block holds the signs of [ScanCodes] vectors of dim values, which [ScanQuery.Scan] compares
// with a query all at once (André, Kermarrec and Le Scouarnec 2015, "Cache locality is not
// enough: high-performance nearest neighbor search with product quantization fast scan"). dim is
// a multiple of 64. A block is ScanWidth floats long:
//
//	| nibbles: dim floats | factor: float32 × 32 | bias: float32 × 32 | bound: float32 × 32, if bounded |
//
// The nibbles of four values of all vectors are 16 bytes. A bit is set where the value is not
// negative, the lowest bit for the first of the four. Byte 2k holds vector k in its low half and
// k+16 in its high half, byte 2k+1 vectors k+8 and k+24.
//
// What Scan computes for a vector is
//
//	bias + factor · Σ ±q - slack · bound
//
// where Σ ±q is the sum of the query's values with the vector's signs, rounded to steps so
// small that what a table of four of them holds fits in a byte.

// ScanCodes is the number of vectors in a block.
const ScanCodes = 32

// ScanWidth returns the length of a block in floats, for vectors of dim values.
func ScanWidth(dim int, bounded bool) int {
	if bounded {
		return dim + 3*ScanCodes
	}
	return dim + 2*ScanCodes
}

// nibble returns the index among the bytes of a block of the nibble of vector i and of the values
// from 4·group, and its shift.
func nibble(i, group int) (at int, shift uint) {
	return 16*group + i%8*2 + i/8%2, uint(i / 16 * 4)
}

// SetSigns stores the signs of x, with its factor, bias and bound, as vector i of a block. The block
// is bounded if it has the length of a bounded one; otherwise bound is not stored. It panics with
// PanicCodes if the length of x is not a positive multiple of 64 or i is not one of the block,
// and with PanicLength if the block is too short.
func SetSigns(block []float32, i int, x []float32, factor, bias, bound float32) {
	dim := len(x)
	if dim == 0 || dim%64 != 0 || uint(i) >= ScanCodes {
		panic(PanicCodes)
	}
	if len(block) < ScanWidth(dim, false) {
		panic(PanicLength)
	}
	b := asBytes(block[:dim])
	// Each group of four values has 16 bytes.
	at, shift := nibble(i, 0)
	keep := ^(uint8(15) << shift)
	const lines = 64
	var words [lines]uint64
	for len(x) > 0 {
		part := x[:min(len(x), 64*lines)]
		signs(words[:], part)
		for _, w := range words[:len(part)/64] {
			t := b[at : at+15*16+1]
			for g := 0; g < len(t); g += 16 {
				t[g] = t[g]&keep | uint8(w&15)<<shift
				w >>= 4
			}
			at += 256
		}
		x = x[len(part):]
	}
	block[dim+i], block[dim+ScanCodes+i] = factor, bias
	if len(block) >= ScanWidth(dim, true) {
		block[dim+2*ScanCodes+i] = bound
	}
}

// A ScanQuery is a query to compare with blocks. Encode sets it.
type ScanQuery struct {
	tables        []uint8 // 16 entries for each four values
	scale, offset float32 // Σ ±q is scale · (sum of entries) + offset
	rest          float64
}

// Encode sets q to the query x. It allocates if x is longer than all previous queries. It
// panics with PanicCodes if the length of x is not a positive multiple of 64.
func (q *ScanQuery) Encode(x []float32) {
	if len(x) == 0 || len(x)%64 != 0 {
		panic(PanicCodes)
	}
	if cap(q.tables) < 4*len(x) {
		q.tables = make([]uint8, 4*len(x))
	}
	q.tables = q.tables[:4*len(x)]
	// Rounding adds at most one half to each of four.
	const steps = 255 - 2
	var step, inverse float32
	if most := largestFour(x); most >= 1e-30 {
		step, inverse = most/steps, steps/most
	}
	sum, below, rest := queryTables(q.tables, x, inverse)
	q.scale, q.offset = 2*step, -step*float32(2*below+sum)
	q.rest = float64(step) * math.Sqrt(float64(rest))
}

// Rest returns the length of what rounding to steps took from the query.
func (q *ScanQuery) Rest() float64 { return q.rest }

// Scan compares the query with len(masks) blocks, which are bounded if slack is not 0. It sets
// dst[32·b+i] to the result for vector i of block b, and bit i of masks[b] unless that is greater than
// limit. It panics with PanicLength if dst or blocks are too short.
func (q *ScanQuery) Scan(dst []float32, masks []uint32, blocks []float32, bounded bool, slack, limit float32) {
	dim := len(q.tables) / 4
	if len(dst) < ScanCodes*len(masks) || len(blocks) < len(masks)*ScanWidth(dim, bounded) || dim == 0 {
		panic(PanicLength)
	}
	if !bounded {
		slack = 0
	}
	if len(masks) > 0 {
		q.scan(dst, masks, blocks, blocks, bounded, slack, limit)
	}
}

// ScanFetching is Scan of blocks that are not bounded. Meanwhile it prefetches ahead, as many blocks that
// will be scanned soon, a line for each line that it reads: prefetched all at once, they would keep the
// processor from computing. It panics as Scan does; ahead may be nil.
func (q *ScanQuery) ScanFetching(dst []float32, masks []uint32, blocks, ahead []float32, limit float32) {
	size := len(masks) * ScanWidth(len(q.tables)/4, false)
	if len(dst) < ScanCodes*len(masks) || len(blocks) < size || len(q.tables) == 0 {
		panic(PanicLength)
	}
	if len(ahead) < size {
		ahead = blocks
	}
	if len(masks) > 0 {
		q.scan(dst, masks, blocks, ahead, false, 0, limit)
	}
}

// scanGo is the definition. The conversions prevent the compiler from fusing multiplication and
// addition, which would round differently.
func (q *ScanQuery) scanGo(dst []float32, masks []uint32, blocks []float32, bounded bool, slack, limit float32) {
	q.scanWith(false, dst, masks, blocks, bounded, slack, limit)
}

// sumsGo adds the entries of the tables for the nibbles of a block.
func (q *ScanQuery) sumsGo(sums *[ScanCodes]int32, nibbles []byte) {
	for g := range len(nibbles) / 16 {
		t := (*[16]uint8)(q.tables[16*g:])
		for p, v := range nibbles[16*g : 16*g+16] {
			i := p/2 + p%2*8
			sums[i] += int32(t[v&15])
			sums[i+16] += int32(t[v>>4])
		}
	}
}

// scanWide is scanGo with the sums of sumsWide, which are the same.
func (q *ScanQuery) scanWide(dst []float32, masks []uint32, blocks []float32, bounded bool, slack, limit float32) {
	q.scanWith(true, dst, masks, blocks, bounded, slack, limit)
}

// sumsWide is sumsGo with four sums of 16 bits in a word: those of the four nibbles of two bytes. A sum of 256
// entries fits.
func (q *ScanQuery) sumsWide(sums *[ScanCodes]int32, nibbles []byte) {
	const most = 256
	for tables := q.tables; len(nibbles) > 0; {
		n := min(len(nibbles), 16*most)
		for quarter := range 4 {
			s, t := twoSums(tables[:n], nibbles[:n], 4*quarter)
			for k, s := range [2]uint64{s, t} {
				i := 2*quarter + k
				sums[i] += int32(s & 0xffff)
				sums[i+16] += int32(s >> 16 & 0xffff)
				sums[i+8] += int32(s >> 32 & 0xffff)
				sums[i+24] += int32(s >> 48)
			}
		}
		tables, nibbles = tables[n:], nibbles[n:]
	}
}

// twoSums returns the sums for 4 of each 16 bytes of nibbles, from byte at.
func twoSums(tables []uint8, nibbles []byte, at int) (s, t uint64) {
	for len(tables) >= 16 && len(nibbles) >= 16 {
		x := binary.LittleEndian.Uint32(nibbles[at&12:])
		e := (*[16]uint8)(tables)
		s += uint64(e[x&15]) + uint64(e[x>>4&15])<<16 + uint64(e[x>>8&15])<<32 + uint64(e[x>>12&15])<<48
		t += uint64(e[x>>16&15]) + uint64(e[x>>20&15])<<16 + uint64(e[x>>24&15])<<32 + uint64(e[x>>28])<<48
		tables, nibbles = tables[16:], nibbles[16:]
	}
	return s, t
}

// scanWith calls one of the two directly, so that the sums need no memory of their own.
func (q *ScanQuery) scanWith(wide bool, dst []float32, masks []uint32, blocks []float32, bounded bool, slack, limit float32) {
	dim := len(q.tables) / 4
	width := ScanWidth(dim, bounded)
	for b := range masks {
		block := blocks[b*width : (b+1)*width]
		var sums [ScanCodes]int32
		if wide {
			q.sumsWide(&sums, asBytes(block[:dim]))
		} else {
			q.sumsGo(&sums, asBytes(block[:dim]))
		}
		factors, biases := block[dim:dim+ScanCodes], block[dim+ScanCodes:dim+2*ScanCodes]
		bounds := factors
		if bounded {
			bounds = block[dim+2*ScanCodes:]
		}
		masks[b] = 0
		for i, sum := range sums {
			along := float32(q.scale*float32(sum)) + q.offset
			d := float32(factors[i]*along) + biases[i]
			d -= float32(bounds[i] * slack)
			dst[ScanCodes*b+i] = d
			if !(d > limit) {
				masks[b] |= 1 << i
			}
		}
	}
}
