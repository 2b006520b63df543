package kernel

import "unsafe"

// A code is a vector in 8 bits a value, for walks that look at thousands of
// vectors and need the distances only roughly. It is [CodeStride] bytes long, a
// whole number of cache lines:
//
//	| value: byte × dim | zero to pad | factor: float32 | bias: float32 |
//
// A byte b stands for the value (b-128)·s, where s, the vector's own scale, is
// its greatest value over 127. Factor and bias carry the scale and the metric, so
// that the distance to a query with the values q·t, q whole from -127 to 127, is
//
//	bias + factor · (t · Σ q·(b-128))
//
// Σ q·b is a sum of whole numbers, which all versions of the kernel add up to
// the same bits; Σ q·128 is the query's alone. The query is zero beside factor and
// bias, so the kernel multiplies whole lines.

// codeTrailer is the bytes of factor and bias.
const codeTrailer = 8

// maxCode bounds the length of a code, and with it the sum of products of a
// byte and a query's value: 255·127·(1<<16) is below 1<<31.
const maxCode = 1<<16 + 64

// CodeStride returns the length in bytes of the code of a vector of dim values.
func CodeStride(dim int) int { return (dim + codeTrailer + 63) / 64 * 64 }

// EncodeCode writes the code of x to code, which is CodeStride(len(x)) bytes
// long as float32 words and starts anywhere. The distances to it will be
// inner products, negated, or squared distances less the square of the query's
// own length. It panics with PanicLength when code is too short.
func EncodeCode(code, x []float32, squared bool) {
	n := CodeStride(len(x)) / 4
	if len(code) < n {
		panic(PanicLength)
	}
	b := asBytes(code[:n])
	scale, inverse := codeScale(x)
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

// codeScale returns the value of one step of the code of x, and its inverse. A
// vector too small to have one is coded as zero.
func codeScale(x []float32) (scale, inverse float32) {
	var most float32
	for _, v := range x {
		most = max(most, v, -v)
	}
	if most < 1e-30 {
		return 0, 0
	}
	return most / 127, 127 / most
}

// A CodeQuery is what codes are compared with. It is set with Encode.
type CodeQuery struct {
	values []int8 // CodeStride long, zero behind the vector
	scale  float32
	sum    int32 // of the values, times 128
}

// Encode makes q the query x. It allocates when x is longer than any before.
func (q *CodeQuery) Encode(x []float32) {
	n := CodeStride(len(x))
	if cap(q.values) < n {
		q.values = make([]int8, n)
	}
	q.values = q.values[:n]
	var inverse float32
	q.scale, inverse = codeScale(x)
	sum := int32(0)
	for i, v := range x {
		// Made positive, so that cutting off the fraction rounds.
		c := int32(v*inverse+128.5) - 128
		q.values[i] = int8(c)
		sum += c
	}
	clear(q.values[len(x):])
	q.sum = 128 * sum
}

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
	if t.Head < 0 || t.Head+len(q.values)/4 > t.Width || len(q.values) > maxCode || len(q.values) == 0 {
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
	n := len(q.values) / 4
	for i, id := range ids {
		code := t.record(id)[t.Head : t.Head+n]
		var sum int32
		for k, b := range asBytes(code)[:len(q.values)] {
			sum += int32(b) * int32(q.values[k])
		}
		along := float32(q.scale * float32(sum-q.sum))
		dst[i] = code[n-1] + float32(code[n-2]*along)
	}
}
