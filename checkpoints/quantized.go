package checkpoints

import (
	"fmt"
	"math"
	"slices"

	"github.com/luminavec/luminavec/internal/fault"
)

// A DType is how the rows of a table are stored.
type DType string

// The types. A step is the scale of a row.
const (
	Float32 DType = "float32" // as they are
	Int8    DType = "int8"    // whole steps from -127 to 127: a byte per value
	Int4    DType = "int4"    // whole steps from -7 to 7: half a byte per value
	PQ      DType = "pq"      // product quantization (Jégou et al., 2011): a byte per 4 values
)

// DTypes lists the types, largest first.
var DTypes = []DType{Float32, Int8, Int4, PQ}

// Summary describes the type in a few words. It is empty for an unknown one.
func (d DType) Summary() string {
	return map[DType]string{
		Float32: "4 bytes per value",
		Int8:    "a byte per value: whole steps of 1/127 of the largest value of the row",
		Int4:    "half a byte per value: whole steps of 1/7 of the largest value of the row",
		PQ:      "a byte per 4 values: the nearest of 256 vectors of 4 values (product quantization)",
	}[d]
}

// step is the greatest number of steps from zero.
func (d DType) steps() float64 {
	if d == Int4 {
		return 7
	}
	return 127
}

// PQ cuts a row into parts of partValues values, each stored as the number of one of partVectors
// vectors. Four values are one load of 16 bytes.
const (
	partValues  = 4
	partVectors = 256
)

// Quantized is a table of rows that are stored as small numbers. Row i is
//
//	Scales[i] · values of row Mapping[i] of Codes
//
// where the row of Codes is i if there is no Mapping. With a Mapping, several rows of the table
// share a row of Codes: vocabulary quantization.
//
// A row of Codes has CodeBytes bytes. With Int8, they are signed values. With Int4, byte j holds
// value 2j in its low half and value 2j+1 in its high half, each plus 8. With PQ, byte j is the
// number of a vector of part j of Codebook, and the vector has the values 4j to 4j+3.
type Quantized struct {
	DType    DType
	Cols     int // length of a row
	Codes    []byte
	Scales   []float32 // of each row of the table
	Mapping  []int32   // row of Codes of each row of the table; nil: the same
	Codebook []float32 // [CodeBytes, 256, 4] with PQ, zero beyond Cols; else nil
}

// CodeBytes returns the length of a row of Codes.
func (q *Quantized) CodeBytes() int { return codeBytes(q.DType, q.Cols) }

func codeBytes(d DType, cols int) int {
	switch d {
	case Int4:
		return (cols + 1) / 2
	case PQ:
		return (cols + partValues - 1) / partValues
	}
	return cols
}

// Clusters returns the number of rows of Codes.
func (q *Quantized) Clusters() int { return len(q.Codes) / q.CodeBytes() }

// Bytes returns the size of the table in a file.
func (q *Quantized) Bytes() int64 {
	return int64(len(q.Codes)) + 4*int64(len(q.Scales)+len(q.Mapping)+len(q.Codebook))
}

// Code returns the row of Codes of row i.
func (q *Quantized) Code(i int) []byte {
	if q.Mapping != nil {
		i = int(q.Mapping[i])
	}
	n := q.CodeBytes()
	return q.Codes[i*n : (i+1)*n]
}

// Row sets dst, which has Cols values, to row i.
func (q *Quantized) Row(dst []float32, i int) {
	q.values(dst, q.Code(i))
	scale := q.Scales[i]
	for j, v := range dst {
		dst[j] = scale * v
	}
}

// values sets dst to the values of a row of Codes.
func (q *Quantized) values(dst []float32, code []byte) {
	switch q.DType {
	case Int8:
		for j := range dst {
			dst[j] = float32(int8(code[j]))
		}
	case Int4:
		for j := range dst {
			dst[j] = float32(int(code[j/2]>>(4*(j&1))&15) - 8)
		}
	case PQ:
		for j := range dst {
			part := j / partValues
			dst[j] = q.Codebook[(part*partVectors+int(code[part]))*partValues+j%partValues]
		}
	}
}

// Steps writes the whole steps nearest to the values of row to code, for Int8 and Int4, and
// returns the size of a step, the largest absolute value divided by 127 or 7. No value then
// differs from its step by more than half a step. A row of zeros, and one whose values are all
// below 1e-38, has the scale 0. It is an error if a value is not finite, or above 2.9e38.
func Steps(code []byte, d DType, row []float32) (scale float32, err error) {
	most := 0.0
	for j, v := range row {
		if v-v != 0 {
			return 0, fmt.Errorf("column %d is %v", j, v)
		}
		most = max(most, math.Abs(float64(v)))
	}
	steps := d.steps()
	if scale = float32(most / steps); scale < 1e-40 { // too few bits for a step
		scale = 0
	}
	if most > 2.9e38 {
		return 0, fmt.Errorf("values up to %g are too large for %s", most, d)
	}
	if d == Int4 {
		for j := range code {
			code[j] = 8 | 8<<4
		}
	}
	if scale == 0 {
		if d == Int8 {
			clear(code)
		}
		return 0, nil
	}
	for j, v := range row {
		step := min(max(math.RoundToEven(float64(v)/float64(scale)), -steps), steps)
		if d == Int8 {
			code[j] = byte(int8(step))
		} else {
			code[j/2] ^= (byte(int8(step)+8) ^ 8) << (4 * (j & 1))
		}
	}
	return scale, nil
}

// validate returns an error unless q is a table of rows rows and cols columns.
func (q *Quantized) validate(rows, cols int) error {
	if !slices.Contains([]DType{Int8, Int4, PQ}, q.DType) {
		return fmt.Errorf("unknown type %q", q.DType)
	}
	n := q.CodeBytes()
	switch {
	case q.Cols != cols || len(q.Scales) != rows:
		return fmt.Errorf("expected %d scales and rows of %d values but found %d and %d", rows, cols, len(q.Scales), q.Cols)
	case len(q.Codes) == 0 || len(q.Codes)%n != 0:
		return fmt.Errorf("%s are not a whole number of rows of %d", fault.Count(len(q.Codes), "byte"), n)
	case q.Mapping == nil && q.Clusters() != rows:
		return fmt.Errorf("%d rows of codes without a mapping, but %d rows", q.Clusters(), rows)
	case q.Mapping != nil && len(q.Mapping) != rows:
		return fmt.Errorf("the mapping has %d rows, not %d", len(q.Mapping), rows)
	}
	const most24 = 1 << 24 // up to which a float32 holds all whole numbers
	if q.Mapping != nil && q.Clusters() > most24 {
		return fmt.Errorf("a mapping to %d rows of codes; at most %d are supported", q.Clusters(), most24)
	}
	clusters := int32(min(q.Clusters(), math.MaxInt32))
	for i, to := range q.Mapping {
		if to < 0 || to >= clusters {
			return fmt.Errorf("the mapping of row %d is %d, but there are %d rows of codes", i, to, clusters)
		}
	}
	want := 0
	if q.DType == PQ {
		want = n * partVectors * partValues
	}
	if len(q.Codebook) != want {
		return fmt.Errorf("the codebook has %d values, not %d", len(q.Codebook), want)
	}
	most := float32(8)
	if q.DType == Int8 {
		most = 128
	}
	if q.DType == PQ {
		most = 0
		for i, v := range q.Codebook {
			if v-v != 0 {
				return fmt.Errorf("value %d of the codebook is %v", i, v)
			}
			most = max(most, v, -v)
		}
	}
	for i, scale := range q.Scales {
		if v := float32(scale * most); v-v != 0 { // rounded: a fused v-v would not be 0
			return fmt.Errorf("the scale of row %d is %v: its values are too large", i, scale)
		}
	}
	return nil
}
