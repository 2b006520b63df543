package kernel

import "unsafe"

// A code is a vector in 8 or 4 bits a value, for walks that look at thousands of
// vectors and need the distances only roughly. It is [CodeStride] bytes long, a
// whole number of cache lines:
//
//	| values | zero to pad | factor: float32 | bias: float32 |
//
// In 8 bits a value is a byte b and stands for (b-128)·s, where s, the vector's own
// scale, is its greatest value over 127. In 4 bits it is half a byte, stands for
// (b-7.5)·s, and s is chosen as is best for the vector; the first half of the values
// lies in the low halves of the bytes, the second in the high ones. Factor and bias
// carry the scale and the metric, so that the distance to a query with the values
// q·t, q whole, is
//
//	bias + factor · (t · Σ q·(b-128))
//
// Σ q·b is a sum of whole numbers, which all versions of the kernel add up to
// the same bits; Σ q·128 is the query's alone. The query is zero beside factor and
// bias, so the kernel multiplies whole lines.

// codeTrailer is the bytes of factor and bias.
const codeTrailer = 8

// maxQuery is the greatest value of a query, by bits: AVX2 adds up two products with
// a byte, or four with half a byte, in 16 bits.
var maxQuery = [9]float32{8: 64, 4: 127}

// maxCode bounds the length of a code, and with it the sum of products of a
// byte and a query's value: 255·64·(1<<16) is below 1<<31.
const maxCode = 1<<16 + 64

// CodeStride returns the length in bytes of the code of a vector of dim values, of
// 8 or 4 bits each.
func CodeStride(dim, bits int) int { return ((dim*bits+7)/8 + codeTrailer + 63) / 64 * 64 }

// EncodeCode writes the code of x to code, which is CodeStride(len(x), bits) bytes
// long as float32 words and starts anywhere. The distances to it will be
// inner products, negated, or squared distances less the square of the query's
// own length. It panics with PanicLength when code is too short, with PanicCodes
// when bits are neither 8 nor 4.
func EncodeCode(code, x []float32, bits int, squared bool) {
	checkBits(bits)
	n := CodeStride(len(x), bits) / 4
	if len(code) < n {
		panic(PanicLength)
	}
	b := asBytes(code[:n])
	if bits == 4 {
		code[n-2], code[n-1] = encodeHalfBytes(b[:len(b)-codeTrailer], x, squared)
		return
	}
	scale, inverse := codeScale(x, 127)
	sum := 0
	for i, v := range x {
		c := uint8(v*inverse + 128.5)
		b[i] = c
		sum += (int(c) - 128) * (int(c) - 128)
	}
	clear(b[len(x) : len(b)-codeTrailer])
	factor, bias := -scale, float32(0)
	if squared {
		factor, bias = -2*scale, float32(float64(scale)*float64(scale)*float64(sum))
	}
	code[n-2], code[n-1] = factor, bias
}

func checkBits(bits int) {
	if bits != 8 && bits != 4 {
		panic(PanicCodes)
	}
}

// encodeHalfBytes writes the values of a code of 4 bits and returns its factor and
// bias. With sixteen steps, most vectors are best served when their greatest values
// are cut off: of some scales it takes the one whose code points most in the
// direction of x. The factor then makes the inner product of x with its own code
// the square of its length, so that no vector is seen shorter than it is (as in
// RaBitQ, Gao and Long 2024, arXiv:2405.12497).
func encodeHalfBytes(b []byte, x []float32, squared bool) (factor, bias float32) {
	clear(b)
	_, inverse := codeScale(x, 7.5)
	if inverse == 0 {
		return 0, 0
	}
	var best, along, wide float32
	for _, wider := range [...]float32{1, 1.1, 1.2, 1.35, 1.5, 1.7} {
		var inner, square float32
		scale := inverse * wider
		for _, v := range x {
			r := halfByte(v*scale) - 7.5
			inner += v * inverse * r
			square += r * r
		}
		if fit := inner * inner / square; fit > best {
			best, along, wide = fit, inner, wider
		}
	}
	half := (len(x) + 1) / 2
	var length float64
	for i, v := range x {
		c := uint8(halfByte(v * inverse * wide))
		if i < half {
			b[i] = c
		} else {
			b[i-half] |= c << 4
		}
		length += float64(v) * float64(v)
	}
	scale := float32(length / float64(along) * float64(inverse))
	if squared {
		return -2 * scale, float32(length)
	}
	return -scale, 0
}

// halfByte is the step, 0 to 15, that v steps from the middle is in.
func halfByte(v float32) float32 { return float32(int(min(max(v+8, 0), 15))) }

// codeScale returns the value of one step when x is to have steps many from zero
// to its greatest value, and its inverse. A vector too small to have one is coded
// as zero.
func codeScale(x []float32, steps float32) (scale, inverse float32) {
	var most float32
	for _, v := range x {
		most = max(most, v, -v)
	}
	if most < 1e-30 {
		return 0, 0
	}
	return most / steps, steps / most
}

// A CodeQuery is what codes are compared with. It is set with Encode.
type CodeQuery struct {
	values []int8 // as long as the code, for 4 bits twice: those of the low halves, those of the high
	bits   int
	scale  float32
	sum    int32 // of the values, times 128 or 7.5
}

// Encode makes q the query x, for codes of 8 or 4 bits a value. It allocates when x
// is longer than any before. It panics with PanicCodes when bits are neither.
func (q *CodeQuery) Encode(x []float32, bits int) {
	checkBits(bits)
	n, half := CodeStride(len(x), bits), len(x)
	if bits == 4 {
		n, half = 2*n, (len(x)+1)/2
	}
	if cap(q.values) < n {
		q.values = make([]int8, n)
	}
	q.values, q.bits = q.values[:n], bits
	var inverse float32
	q.scale, inverse = codeScale(x, maxQuery[bits])
	sum := encodeQuery(q.values[:n*bits/8], x[:half], inverse)
	if bits == 4 {
		sum += encodeQuery(q.values[n/2:], x[half:], inverse)
		q.sum = 15 * sum >> 1
		return
	}
	q.sum = 128 * sum
}

// encodeQuery writes the values of x, and zeros behind them, and returns their sum.
func encodeQuery(dst []int8, x []float32, inverse float32) (sum int32) {
	for i, v := range x {
		// Made positive, so that cutting off the fraction rounds.
		c := int32(v*inverse+128.5) - 128
		dst[i] = int8(c)
		sum += c
	}
	clear(dst[len(x):])
	return sum
}

// stride is the length of the codes that q is for.
func (q *CodeQuery) stride() int { return len(q.values) * q.bits / 8 }

// CodeTable says where codes lie: in records of Width floats, Head floats from
// the start of each, 1<<Shift records in each chunk.
type CodeTable struct {
	Chunks      [][]float32
	Shift       uint
	Width, Head int
}

// Distances sets dst[i] to the distance of q to the code of record ids[i]. It
// panics with PanicLength when dst is shorter than ids, with PanicCodes when the
// codes of q's length do not fit the records, with PanicID when a record lies
// outside the table.
func (t *CodeTable) Distances(dst []float32, q *CodeQuery, ids []int32) {
	if len(dst) < len(ids) {
		panic(PanicLength)
	}
	if n := q.stride(); t.Head < 0 || t.Head+n/4 > t.Width || n > maxCode || n == 0 {
		panic(PanicCodes)
	}
	t.check(ids)
	if len(ids) > 0 {
		t.distances(dst, q, ids)
	}
}

// check panics when ids name a record that is not there.
func (t *CodeTable) check(ids []int32) {
	if len(ids) == 0 {
		return
	}
	most := uint32(0)
	for _, id := range ids {
		most = max(most, uint32(id))
	}
	chunk := int(most >> t.Shift)
	if chunk >= len(t.Chunks) || len(t.Chunks[chunk]) < t.Width<<t.Shift {
		panic(PanicID)
	}
}

// record returns record id.
func (t *CodeTable) record(id int32) []float32 {
	at := int(uint32(id)&(1<<t.Shift-1)) * t.Width
	return t.Chunks[uint32(id)>>t.Shift][at : at+t.Width]
}

func asBytes(x []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
}

// distancesGo is the definition. The conversions keep a compiler from fusing
// the multiplication and the addition, which would round differently.
func (t *CodeTable) distancesGo(dst []float32, q *CodeQuery, ids []int32) {
	n := q.stride()
	for i, id := range ids {
		code := t.record(id)[t.Head : t.Head+n/4]
		b := asBytes(code)
		var sum int32
		if q.bits == 8 {
			for k, v := range q.values {
				sum += int32(b[k]) * int32(v)
			}
		} else {
			for k, v := range q.values[:n] {
				sum += int32(b[k]&15)*int32(v) + int32(b[k]>>4)*int32(q.values[n+k])
			}
		}
		along := float32(q.scale * float32(sum-q.sum))
		dst[i] = code[n/4-1] + float32(code[n/4-2]*along)
	}
}
