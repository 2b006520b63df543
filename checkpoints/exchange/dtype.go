package exchange

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/half"
)

var (
	little = binary.LittleEndian
	big    = binary.BigEndian
)

// DType is how the values of vectors are stored.
type DType string

const (
	Float32 DType = "float32"
	// Float16 is IEEE 754 binary16, rounded to the nearest, ties to even, as NumPy does. A value
	// that is too large for it, from 65520, is an error.
	Float16 DType = "float16"
	// Int8 is a whole number from -127 to 127; times the scale of the file, it is the value.
	Int8 DType = "int8"
	// Binary is one bit per value, 1 if it is greater than 0, packed into bytes with the most
	// significant bit first, as numpy.packbits and the precision "ubinary" of
	// sentence-transformers do. It is read as 1 and -1.
	Binary DType = "binary"
)

// DTypes returns all types.
func DTypes() []DType { return []DType{Float32, Float16, Int8, Binary} }

// Summary describes the type in a few words.
func (d DType) Summary() string {
	switch d {
	case Float16:
		return "half precision, rounded to the nearest"
	case Int8:
		return "whole numbers from -127 to 127, times one scale for all vectors"
	case Binary:
		return "sign bits, packed into bytes from the most significant bit"
	}
	return ""
}

// Bytes returns the bytes of a vector of dim values.
func (d DType) Bytes(dim int) int {
	switch d {
	case Float16:
		return 2 * dim
	case Int8:
		return dim
	case Binary:
		return (dim + 7) / 8
	}
	return 4 * dim
}

// maxInt8 is the largest value of Int8; -128 is not used, so that x and -x have the same length.
const maxInt8 = 127

// store brings values to what the type can hold: halves, or steps of scale. It returns how many
// are beyond the range of Int8 and were set to its end, and the index of the first that Float16
// cannot hold, or -1.
func (d DType) store(dst, values []float32, scale float32) (clipped, bad int) {
	bad = -1
	switch d {
	case Float16:
		for i, x := range values {
			h := half.Of(x)
			if h&0x7c00 == 0x7c00 && bad < 0 {
				bad = i
			}
			dst[i] = half.Value(h)
		}
	case Int8:
		for i, x := range values {
			q := math.RoundToEven(float64(x) / float64(scale))
			if q < -maxInt8 || q > maxInt8 {
				q = math.Copysign(maxInt8, q)
				clipped++
			}
			dst[i] = float32(q) + 0 // not -0
		}
	default:
		copy(dst, values)
	}
	return clipped, bad
}

// appendPacked appends values that store returned in binary form, little-endian.
func (d DType) appendPacked(b []byte, values []float32) []byte {
	switch d {
	case Float16:
		for _, x := range values {
			b = little.AppendUint16(b, half.Of(x))
		}
	case Int8:
		for _, x := range values {
			b = append(b, byte(int8(x)))
		}
	case Binary:
		at := len(b)
		b = append(b, make([]byte, d.Bytes(len(values)))...)
		for i, x := range values {
			if x > 0 {
				b[at+i/8] |= 0x80 >> (i % 8)
			}
		}
	default:
		b = number.AppendBinary(b, values)
	}
	return b
}

// unpack reads what appendPacked wrote.
func (d DType) unpack(dst []float32, b []byte, scale float32) {
	switch d {
	case Float16:
		for i := range dst {
			dst[i] = half.Value(little.Uint16(b[2*i:]))
		}
	case Int8:
		for i := range dst {
			dst[i] = float32(int8(b[i])) * scale
		}
	case Binary:
		for i := range dst {
			dst[i] = bit(b[i/8] >> (7 - i%8) & 1)
		}
	default:
		number.DecodeBinary(dst, b)
	}
}

// bit is the value of a bit of Binary.
func bit(b byte) float32 { return 2*float32(b) - 1 }

// checkDType returns an error if the format does not write values of this type.
func (f *Format) checkDType(d DType) error {
	if f.writes(d) {
		return nil
	}
	var others []string
	for _, other := range Writable() {
		if other.writes(d) {
			others = append(others, other.Name)
		}
	}
	if len(others) == 0 {
		return fault.Field("DType", "the types are "+fault.OneOf(DTypes()), "%q is not a type of values", string(d))
	}
	return fault.Mention("set DType to "+fault.OneOf(f.dtypes())+", or choose the format "+fault.OneOf(others), "the format %s does not hold values of type %s", f.Name, d)
}

func (f *Format) writes(d DType) bool { return slices.Contains(f.dtypes(), d) }

// dtypes are the types of values that a file can have.
func (f *Format) dtypes() []DType {
	if len(f.Holds.DTypes) == 0 {
		return []DType{Float32}
	}
	return f.Holds.DTypes
}

// describe says how values of the file are stored, for messages: "int8, scale 0.003".
func describe(d DType, scale float32) string {
	switch d {
	case Int8:
		return fmt.Sprintf("int8, scale %g", scale)
	case Binary:
		return "binary, read as 1 and -1"
	}
	return string(d)
}
