package checkpoints

import (
	"math"

	"github.com/luminavec/luminavec/internal/half"
)

// numberType is a type of numbers in a safetensors file.
type numberType struct {
	name   string                 // what a message calls the numbers
	bytes  int                    // of one
	whole  bool                   // whole numbers, which are indices and not vectors, unless they have 8 bits
	decode func(b []byte) float32 // nil: they are not read
}

// numberTypes are the types of the safetensors library.
var numberTypes = map[string]numberType{
	"F32":     {"32-bit floating-point numbers", 4, false, func(b []byte) float32 { return math.Float32frombits(little.Uint32(b)) }},
	"F16":     {"16-bit floating-point numbers", 2, false, func(b []byte) float32 { return half.Value(little.Uint16(b)) }},
	"BF16":    {"16-bit floating-point numbers", 2, false, func(b []byte) float32 { return math.Float32frombits(uint32(little.Uint16(b)) << 16) }},
	"F64":     {"64-bit floating-point numbers", 8, false, func(b []byte) float32 { return float32(math.Float64frombits(little.Uint64(b))) }},
	"I64":     {"64-bit integers", 8, true, func(b []byte) float32 { return float32(int64(little.Uint64(b))) }},
	"I32":     {"32-bit integers", 4, true, func(b []byte) float32 { return float32(int32(little.Uint32(b))) }},
	"I16":     {name: "16-bit integers"},
	"I8":      {"8-bit integers", 1, true, func(b []byte) float32 { return float32(int8(b[0])) }}, // a table of model2vec
	"U64":     {name: "64-bit integers"},
	"U32":     {name: "32-bit integers"},
	"U16":     {name: "16-bit integers"},
	"U8":      {name: "8-bit integers"},
	"BOOL":    {name: "truth values"},
	"F8_E4M3": {name: "8-bit floating-point numbers"},
	"F8_E5M2": {name: "8-bit floating-point numbers"},
	"F8_E8M0": {name: "8-bit floating-point numbers"},
	"F4":      {name: "4-bit floating-point numbers"},
	"C64":     {name: "complex numbers"},
}

// read reads dst from src and returns the index of the first value that is not finite, -1 if
// all are.
func (t numberType) read(dst []float32, src []byte) (bad int) {
	if t.bytes == 4 && !t.whole { // the fast way
		return decode(dst, src)
	}
	bad = -1
	for i := range dst {
		dst[i] = t.decode(src[i*t.bytes:])
		if math.Float32bits(dst[i])&exponent == exponent && bad < 0 {
			bad = i
		}
	}
	return bad
}
