package kernel

import (
	"encoding/binary"
	"slices"
)

// The plain Go version of the distances of codes multiplies four fields by four values of the query
// at once, as numbers of four digits of 16 bits: of the product of a₀ + a₁·2¹⁶ + a₂·2³² + a₃·2⁴⁸
// and b₃ + b₂·2¹⁶ + b₁·2³² + b₀·2⁴⁸, the highest digit is a₀b₀ + a₁b₁ + a₂b₂ + a₃b₃, and what
// would be above it does not fit in 64 bits. The digits of the query may be negative: the sum of
// the lower ones is then too, and is rounded away. Values of 8 bits are two
// fields of 4. Products are added while no digit can exceed 2¹⁵: four of 4·15·127, eight of 4·3·127 or 16 of
// 4·127.

// wideBytes is the number of bytes of a code that eight numbers are for, by the bits of a value.
var wideBytes = [9]int{8: 16, 4: 16, 2: 8, 1: 4}

// widen sets the numbers by which the fields of the first n bytes of a code are multiplied, in the order in
// which wideSum takes them: for each 8 bytes (with 1 bit, each half of the fields of 8 bytes), those of the
// bytes 0, 2, 4, 6 for each field, then those of the bytes 1, 3, 5, 7.
func (q *CodeQuery) widen(n int) {
	fields := 8 / q.bits
	perByte := max(fields, 2)
	q.wide = slices.Grow(q.wide[:0], (n+15)/16*16/wideBytes[q.bits])
	var numbers [8]uint64
	at := 0
	for from := 0; from < (n+15)/16*16; from += 8 {
		for odd := range 2 {
			for field := range perByte {
				var number uint64
				for i := range 4 {
					k := from + 2*i + odd
					number += uint64(int64(q.values[(k/64*fields+field%fields)*64+k%64])) << (48 - 16*i)
				}
				numbers[at] = number
				if at = (at + 1) % 8; at == 0 {
					q.wide = append(q.wide, numbers)
				}
			}
		}
	}
}

// distancesWide returns the same bits as distancesGo.
func (t *CodeTable) distancesWide(dst []float32, q *CodeQuery, ids []int32) {
	if len(q.wide) == 0 {
		t.distancesGo(dst, q, ids)
		return
	}
	n := q.stride()
	for i, id := range ids {
		code := t.record(id)[t.Head : t.Head+n/4]
		along := float32(q.scale * float32(wideSum(q.wide, asBytes(code), q.bits)-q.sum))
		dst[i] = code[n/4-1] + float32(code[n/4-2]*along)
	}
}

// wideSum returns the sum of the products of the fields of a code.
func wideSum(wide [][8]uint64, b []byte, bits int) (sum int32) {
	const low4, low2, low1 = 0x000f000f000f000f, 0x0003000300030003, 0x0001000100010001
	switch bits {
	case 8:
		var high int32
		for i := range wide {
			f, c := &wide[i], b[16*i:16*i+16]
			x, y := binary.LittleEndian.Uint64(c), binary.LittleEndian.Uint64(c[8:])
			sum += highest(x&low4*f[0] + x>>8&low4*f[2] + y&low4*f[4] + y>>8&low4*f[6])
			high += highest(x>>4&low4*f[1] + x>>12&low4*f[3] + y>>4&low4*f[5] + y>>12&low4*f[7])
		}
		return sum + high<<4
	case 4:
		for i := range wide {
			f, c := &wide[i], b[16*i:16*i+16]
			x, y := binary.LittleEndian.Uint64(c), binary.LittleEndian.Uint64(c[8:])
			sum += highest(x&low4*f[0] + x>>4&low4*f[1] + x>>8&low4*f[2] + x>>12&low4*f[3])
			sum += highest(y&low4*f[4] + y>>4&low4*f[5] + y>>8&low4*f[6] + y>>12&low4*f[7])
		}
	case 2:
		for i := range wide {
			f, x := &wide[i], binary.LittleEndian.Uint64(b[8*i:])
			sum += highest(x&low2*f[0] + x>>2&low2*f[1] + x>>4&low2*f[2] + x>>6&low2*f[3] +
				x>>8&low2*f[4] + x>>10&low2*f[5] + x>>12&low2*f[6] + x>>14&low2*f[7])
		}
	default:
		for i := range wide {
			f, x := &wide[i], binary.LittleEndian.Uint64(b[i/2*8:])
			x >>= i % 2 * 8
			sum += highest(x&low1*f[0] + x>>1&low1*f[1] + x>>2&low1*f[2] + x>>3&low1*f[3] +
				x>>4&low1*f[4] + x>>5&low1*f[5] + x>>6&low1*f[6] + x>>7&low1*f[7])
		}
	}
	return sum
}

// highest returns the highest digit of a sum of products.
func highest(sum uint64) int32 { return int32(int64(sum+1<<47) >> 48) }
