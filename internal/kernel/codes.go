package kernel

import (
	"math"
	"unsafe"
)

// A code stores a vector with 8, 4, 2 or 1 bits per value, for walks and scans, which compare a
// query with thousands of vectors and need only approximate distances. It is [CodeStride] bytes
// long, a whole number of cache lines:
//
//	| values | zero padding | bound: float32 | factor: float32 | bias: float32 |
//
// With 8 bits, a value is a byte b that represents b-128 steps. With fewer, it is a field of
// that many bits and represents b less half the largest b; the lowest fields of the bytes
// hold the first part of the values, the next fields the next part, and so on. The distance to
// a query with the values q·t, where q are integers, is
//
//	bias + factor · (t · Σ q·(b-128))
//
// Σ q·b is a sum of integers, so all versions of the kernel return the same bits;
// Σ q·128 depends only on the query. The query is zero at the positions of the last three
// words, so the kernel multiplies whole lines. It does not use bound, which is for the caller.

// codeTrailer is the number of bytes of bound, factor and bias.
const codeTrailer = 12

// maxQuery is the largest value of a query for each number of bits: AVX2 adds two
// products with a byte, or those with all fields of two bytes, in 16 bits.
var maxQuery = [9]float32{8: 64, 4: 127, 2: 127, 1: 127}

// maxCode bounds the length of a code, and with it the sum of products of a
// byte and a query's value: 255·64·(1<<16) is below 1<<31.
const maxCode = 1<<16 + 64

// CodeStride returns the length in bytes of the code of a vector of dim values with
// 8, 4, 2 or 1 bits each.
func CodeStride(dim, bits int) int { return ((dim*bits+7)/8 + codeTrailer + 63) / 64 * 64 }

func checkBits(bits int) {
	if bits != 8 && bits != 4 && bits != 2 && bits != 1 {
		panic(PanicCodes)
	}
}

// normalSteps are the sizes of a step, as a multiple of the standard deviation, that represent
// normally distributed values best (Max 1960, "Quantizing for minimum distortion").
var normalSteps = [9]float32{4: 0.335}

// EncodeCode writes the code of x, without its last three words, to code, which holds
// CodeStride(len(x), bits) bytes as float32 words and needs no alignment. It returns the inner
// product of x with what the code represents, in steps, and the squared length of that; both are
// 0 for a vector too small to be coded. It panics with PanicLength if code is too short and with
// PanicCodes if bits is not 8, 4, 2 or 1.
//
// Of several sizes of a step it takes the one whose code has the largest cosine with x: with few
// bits, most vectors are represented best if their largest values are clipped.
func EncodeCode(code, x []float32, bits int) (along, square float64) {
	checkBits(bits)
	n := CodeStride(len(x), bits)
	if len(code) < n/4 {
		panic(PanicLength)
	}
	b := asBytes(code[:n/4])
	clear(b)
	top := float32(int(1)<<bits - 1)
	middle := top / 2
	if bits == 8 {
		middle = 128
	}
	_, inverse := codeScale(x, top-middle)
	if inverse == 0 {
		return 0, 0
	}
	if bits == 2 {
		return encode2(b, x, inverse/(top-middle))
	}
	if normal := normalSteps[bits]; normal > 0 {
		sum := 0.0
		for _, v := range x {
			sum += float64(v) * float64(v)
		}
		usual := 1 / (normal * float32(math.Sqrt(sum/float64(len(x)))))
		best := 0.0
		for _, c := range [...]float32{inverse, 1.2 * inverse, 0.8 * usual, 0.9 * usual, usual, 1.1 * usual, 1.2 * usual} {
			if fit := codeFit(x, c, middle, top); fit > best {
				best, inverse = fit, c
			}
		}
	}
	per := (len(x)*bits + 7) / 8
	for at, field := 0, 0; at < len(x); at, field = at+per, field+1 {
		for i, v := range x[at:min(at+per, len(x))] {
			c := uint8(min(max(v*inverse+(middle+0.5), 0), top))
			b[i] |= c << (field * bits)
			r := float64(c) - float64(middle)
			along += float64(v) * r
			square += r * r
		}
	}
	return along, square
}

// codeFit returns the squared cosine of x and its code, times a constant.
func codeFit(x []float32, inverse, middle, top float32) float64 {
	var inner, square float32
	for _, v := range x {
		v *= inverse
		r := float32(int32(min(max(v+(middle+0.5), 0), top))) - middle
		inner += v * r
		square += r * r
	}
	product := float64(inner) / float64(inverse)
	return product * product / float64(square)
}

// encode2 is EncodeCode with 2 bits, with which a value is represented by half a step or, from one step on, by one and
// a half. inverse is that of the largest absolute value.
func encode2(b []byte, x []float32, inverse float32) (along, square float64) {
	const sign = 1 << 31
	from := math.Float32bits(stepOf2(x, inverse))
	per := (len(x) + 3) / 4
	var sums [2]float64 // of all absolute values, and of those from a step on
	far := 0
	for at, field := 0, 0; at < len(x); at, field = at+per, field+2 {
		part := x[at:min(at+per, len(x))]
		b := b[:len(part)]
		for i, v := range part {
			bits := math.Float32bits(v)
			size := bits &^ sign
			outer := 1 &^ ((size - from) >> 31) // both are below 1 << 31
			b[i] |= uint8((2+outer)^(-(bits>>31)&3)) << field
			sums[0] += float64(math.Float32frombits(size))
			sums[1] += float64(math.Float32frombits(size & -outer))
			far += int(outer)
		}
	}
	return sums[0]/2 + sums[1], float64(len(x))/4 + 2*float64(far)
}

// stepOf2 returns the size of a step with which the code of 2 bits of x has about the largest cosine with it.
func stepOf2(x []float32, inverse float32) float32 {
	const parts = 128 // of the largest absolute value, at whose bounds a step is tried
	var sums [parts]float32
	var counts [parts]int32
	scale := inverse * (parts - 0.01)
	all := float32(0)
	for _, v := range x {
		v = math.Float32frombits(math.Float32bits(v) &^ (1 << 31))
		i := int32(v*scale) & (parts - 1)
		sums[i] += v
		counts[i]++
		all += v
	}
	inner, square := all/2, float32(len(x))/4
	best, from := inner*inner/square, parts
	for i := parts - 1; i > 0; i-- {
		inner += sums[i]
		square += 2 * float32(counts[i])
		if fit := inner * inner / square; fit > best {
			best, from = fit, i
		}
	}
	return float32(from) / scale
}

// SetCodeTerms sets the last three words of a code of a vector of dim values.
func SetCodeTerms(code []float32, dim, bits int, bound, factor, bias float32) {
	n := CodeStride(dim, bits) / 4
	code[n-3], code[n-2], code[n-1] = bound, factor, bias
}

// CodeBound returns the bound of a code of a vector of dim values.
func CodeBound(code []float32, dim, bits int) float32 { return code[CodeStride(dim, bits)/4-3] }

// codeScale returns the size of a step if the given number of steps lie between zero and
// the largest absolute value of x, and its inverse. A vector too small for that is coded
// as zero.
func codeScale(x []float32, steps float32) (scale, inverse float32) {
	whole := len(x) / 64 * 64
	most := largestGo(x[whole:])
	if whole > 0 {
		most = max(most, largest(x[:whole]))
	}
	if most < 1e-30 {
		return 0, 0
	}
	return most / steps, steps / most
}

// A CodeQuery is a query to compare with codes. Encode sets it.
type CodeQuery struct {
	values []int8 // for each line of a code, a line for each field of its bytes
	bits   int
	scale  float32
	sum    int32 // sum of the values, times what a field of 0 lacks
	rest   float64
	wide   [][8]uint64 // the values for the plain Go version (see widen); empty for the others
}

// Encode sets q to the query x, for codes with 8, 4, 2 or 1 bits per value. It allocates if x
// is longer than all previous queries. It panics with PanicCodes if bits is another number.
func (q *CodeQuery) Encode(x []float32, bits int) {
	checkBits(bits)
	fields := 8 / bits
	n := CodeStride(len(x), bits) * fields
	if cap(q.values) < n {
		q.values = make([]int8, n)
	}
	q.values, q.bits = q.values[:n], bits
	clear(q.values)
	var inverse float32
	q.scale, inverse = codeScale(x, maxQuery[bits])
	per := (len(x)*bits + 7) / 8
	sum, rest := int32(0), float32(0)
	for at, field := 0, 0; at < len(x); at, field = at+per, field+1 {
		part := x[at:min(at+per, len(x))]
		whole := len(part) / 64 * 64
		if whole > 0 {
			n, r := queryBytes(q.values[field*64:], part[:whole], 64*fields, inverse)
			sum, rest = sum+n, rest+r
		}
		if whole < len(part) {
			n, r := queryBytesGo(q.values[(whole/64*fields+field)*64:], part[whole:], 64*fields, inverse)
			sum, rest = sum+n, rest+r
		}
	}
	q.rest = float64(q.scale) * math.Sqrt(float64(rest))
	q.sum = 128 * sum
	if bits < 8 {
		q.sum = (1<<bits - 1) * sum >> 1
	}
	q.wide = q.wide[:0]
	if Level() == "go" {
		q.widen(per)
	}
}

// Rest returns the length of what rounding to integers took from the query.
func (q *CodeQuery) Rest() float64 { return q.rest }

// stride returns the length of the codes that q can be compared with.
func (q *CodeQuery) stride() int { return len(q.values) * q.bits / 8 }

// CodeTable describes where codes are stored: in records of Width floats, Head floats
// after the start of each, with 1<<Shift records in each chunk.
type CodeTable struct {
	Chunks      [][]float32
	Shift       uint
	Width, Head int
}

// Prefetch prefetches the codes of records ids, which must exist, that q will be compared with, or the first 2 KiB of
// each. It changes no data.
func (t *CodeTable) Prefetch(q *CodeQuery, ids []int32) {
	if n := q.stride(); len(ids) > 0 && n > 0 {
		t.prefetch(min(n, 2048), ids)
	}
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
		fields, mask := 8/q.bits, uint8(1<<q.bits-1)
		for k, v := range b {
			for field := range fields {
				sum += int32(v>>(field*q.bits)&mask) * int32(q.values[(k/64*fields+field)*64+k%64])
			}
		}
		along := float32(q.scale * float32(sum-q.sum))
		dst[i] = code[n/4-1] + float32(code[n/4-2]*along)
	}
}
