package kernel

import "unsafe"

// A code stores a vector with 8 or 4 bits per value, for graph walks, which compare a
// query with thousands of vectors and need only approximate distances. It is
// [CodeStride] bytes long, a whole number of cache lines:
//
//	| values | zero padding | factor: float32 | bias: float32 |
//
// With 8 bits, a value is a byte b that represents (b-128)·s, where s, the scale of the
// vector, is its largest absolute value divided by 127. With 4 bits, it is half a byte and
// represents (b-7.5)·s, where s is chosen to fit the vector best; the low halves of the
// bytes hold the first half of the values, the high halves the second. Factor and bias
// contain the scale and the metric. The distance to a query with the values q·t, where q are
// integers, is
//
//	bias + factor · (t · Σ q·(b-128))
//
// Σ q·b is a sum of integers, so all versions of the kernel return the same bits;
// Σ q·128 depends only on the query. The query is zero at the positions of factor and
// bias, so the kernel multiplies whole lines.

// codeTrailer is the number of bytes of factor and bias.
const codeTrailer = 8

// maxQuery is the largest value of a query for each number of bits: AVX2 adds two
// products with a byte, or four with half a byte, in 16 bits.
var maxQuery = [9]float32{8: 64, 4: 127}

// maxCode bounds the length of a code, and with it the sum of products of a
// byte and a query's value: 255·64·(1<<16) is below 1<<31.
const maxCode = 1<<16 + 64

// CodeStride returns the length in bytes of the code of a vector of dim values with
// 8 or 4 bits each.
func CodeStride(dim, bits int) int { return ((dim*bits+7)/8 + codeTrailer + 63) / 64 * 64 }

// EncodeCode writes the code of x to code, which holds CodeStride(len(x), bits) bytes as
// float32 words and needs no alignment. Distances to it are negated inner products, or
// squared distances minus the squared length of the query. It panics with PanicLength if
// code is too short and with PanicCodes if bits is neither 8 nor 4.
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

// encodeHalfBytes writes the values of a 4-bit code and returns its factor and bias.
// With sixteen steps, most vectors are represented best if their largest values are
// clipped: of several scales it takes the one whose code has the largest cosine with x.
// The factor then makes the inner product of x with its own code equal to the squared
// length of x, so that no vector appears shorter than it is (as in RaBitQ, Gao and Long
// 2024, arXiv:2405.12497).
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

// halfByte returns the step, 0 to 15, of a value that is v steps from the middle.
func halfByte(v float32) float32 { return float32(int(min(max(v+8, 0), 15))) }

// codeScale returns the size of a step if the given number of steps lie between zero and
// the largest absolute value of x, and its inverse. A vector too small for that is coded
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

// A CodeQuery is a query to compare with codes. Encode sets it.
type CodeQuery struct {
	values []int8 // as long as the code; with 4 bits twice as long, the values for the low halves first
	bits   int
	scale  float32
	sum    int32 // sum of the values, times 128 or 7.5
}

// Encode sets q to the query x, for codes with 8 or 4 bits per value. It allocates if x
// is longer than all previous queries. It panics with PanicCodes if bits is neither 8 nor 4.
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

// encodeQuery writes the values of x, followed by zeros, and returns their sum.
func encodeQuery(dst []int8, x []float32, inverse float32) (sum int32) {
	for i, v := range x {
		// Positive here, so that dropping the fraction rounds.
		c := int32(v*inverse+128.5) - 128
		dst[i] = int8(c)
		sum += c
	}
	clear(dst[len(x):])
	return sum
}

// stride returns the length of the codes that q can be compared with.
func (q *CodeQuery) stride() int { return len(q.values) * q.bits / 8 }

// CodeTable describes where codes are stored: in records of Width floats, Head floats
// after the start of each, with 1<<Shift records in each chunk.
type CodeTable struct {
	Chunks      [][]float32
	Shift       uint
	Width, Head int
}

// Distances sets dst[i] to the distance of q to the code of record ids[i]. It
// panics with PanicLength if dst is shorter than ids, with PanicCodes if codes of the
// length of q do not fit the records, and with PanicID if a record is outside the
// table.
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

// check panics if ids names a record that does not exist.
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

// distancesGo is the definition. The conversions prevent the compiler from fusing
// multiplication and addition, which would round differently.
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
