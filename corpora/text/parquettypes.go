package text

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/luminavec/luminavec/internal/half"
)

// parquetType is what the values of a column are.
type parquetType struct {
	name    string // as messages name it
	text    bool   // the values may be texts
	least   int    // bytes that a plain value takes at least
	convert func(parquet.Value) Value
}

var (
	nullValue = Value{json: json.RawMessage("null")}
	// binaryValue stands for bytes that are not text.
	binaryValue = Value{json: json.RawMessage{0}}
)

// number returns a number as it is written in JSON.
func number(text string) Value { return Value{json: json.RawMessage(text)} }

// typeOf returns the type of a leaf. float16 says that its two bytes are a number.
func typeOf(c *parquet.Column, float16 bool) parquetType {
	logical := format.LogicalType{}
	if l := c.Type().LogicalType(); l != nil {
		logical = *l
	}
	kind := c.Type().Kind()
	switch kind {
	case parquet.Boolean:
		return parquetType{name: "boolean", convert: func(v parquet.Value) Value { return number(strconv.FormatBool(v.Boolean())) }}
	case parquet.Float:
		return parquetType{name: "float", least: 4, convert: func(v parquet.Value) Value { return float(float64(v.Float()), 32) }}
	case parquet.Double:
		return parquetType{name: "double", least: 8, convert: func(v parquet.Value) Value { return float(v.Double(), 64) }}
	case parquet.Int96:
		return parquetType{name: "int96 (time)", least: 12, convert: func(v parquet.Value) Value {
			i := v.Int96() // nanoseconds of the day, and the Julian day
			const epoch = 2440588
			day := time.Unix((int64(i[2])-epoch)*86400, 0).UTC()
			return moment(day.Add(time.Duration(uint64(i[1])<<32|uint64(i[0]))), false)
		}}
	case parquet.Int32, parquet.Int64:
		t := parquetType{name: "int32", least: 4}
		get := func(v parquet.Value) int64 { return int64(v.Int32()) }
		if kind == parquet.Int64 {
			t.name, t.least, get = "int64", 8, parquet.Value.Int64
		}
		integers(&t, logical, get)
		return t
	case parquet.ByteArray:
		t := parquetType{name: "binary", text: true, least: 4}
		bytesOf(&t, logical)
		return t
	case parquet.FixedLenByteArray:
		t := parquetType{name: "fixed_len_byte_array", least: c.Type().Length()}
		bytesOf(&t, logical)
		if t.name == "fixed_len_byte_array" {
			t.convert = func(parquet.Value) Value { return binaryValue }
		}
		if float16 && t.least == 2 {
			t.name = "float16"
			t.convert = func(v parquet.Value) Value {
				return float(float64(half.Value(binary.LittleEndian.Uint16(v.ByteArray()))), 32)
			}
		}
		return t
	}
	return parquetType{name: "null", convert: func(parquet.Value) Value { return nullValue }}
}

// integers sets how the integers of a column are written.
func integers(t *parquetType, logical format.LogicalType, get func(parquet.Value) int64) {
	wide := t.least == 8
	t.convert = func(v parquet.Value) Value { return number(strconv.FormatInt(get(v), 10)) }
	switch l := logical.Value.(type) {
	case *format.IntType:
		if !l.IsSigned {
			t.name = "u" + t.name
			t.convert = func(v parquet.Value) Value {
				u := uint64(get(v))
				if !wide {
					u = uint64(uint32(u))
				}
				return number(strconv.FormatUint(u, 10))
			}
		}
	case *format.DecimalType:
		t.name = "decimal"
		t.convert = func(v parquet.Value) Value { return decimal(big.NewInt(get(v)), int(l.Scale)) }
	case *format.DateType:
		t.name = "date"
		t.convert = func(v parquet.Value) Value {
			return Value{text: time.Unix(get(v)*86400, 0).UTC().Format(time.DateOnly)}
		}
	case *format.TimestampType:
		t.name = "timestamp"
		t.convert = func(v parquet.Value) Value {
			n := get(v)
			switch l.Unit.Value.(type) {
			case *format.MilliSeconds:
				return moment(time.UnixMilli(n), l.IsAdjustedToUTC)
			case *format.MicroSeconds:
				return moment(time.UnixMicro(n), l.IsAdjustedToUTC)
			}
			return moment(time.Unix(0, n), l.IsAdjustedToUTC)
		}
	case *format.TimeType:
		t.name = "time"
		unit := time.Nanosecond
		if l.Unit.Value != nil {
			unit = l.Unit.Value.Duration()
		}
		t.convert = func(v parquet.Value) Value {
			return Value{text: time.Unix(0, 0).UTC().Add(time.Duration(get(v)) * unit).Format("15:04:05.999999999")}
		}
	}
}

// moment returns a time in ISO 8601.
func moment(t time.Time, utc bool) Value {
	layout := "2006-01-02T15:04:05.999999999"
	if utc {
		layout += "Z"
	}
	return Value{text: t.UTC().Format(layout)}
}

// float returns a floating-point number; not a number and the infinities are text.
func float(x float64, bits int) Value {
	text := strconv.FormatFloat(x, 'g', -1, bits)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return Value{text: text}
	}
	return number(text)
}

// decimal returns n · 10^-scale.
func decimal(n *big.Int, scale int) Value {
	const most = 1000 // digits after the point; the format has at most 38 of 128 bits
	digits := n.String()
	if scale <= 0 || scale > most {
		return number(digits)
	}
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale+1-len(digits)) + digits
	}
	at := len(digits) - scale
	return number(sign + digits[:at] + "." + digits[at:])
}

// bytesOf sets how the bytes of a column are written.
func bytesOf(t *parquetType, logical format.LogicalType) {
	t.convert = func(v parquet.Value) Value {
		b := v.ByteArray()
		if !utf8.Valid(b) || strings.IndexByte(string(b), 0) >= 0 {
			return binaryValue
		}
		return Value{text: string(b)}
	}
	text := func(v parquet.Value) Value { return Value{text: string(v.ByteArray())} }
	switch l := logical.Value.(type) {
	case *format.StringType:
		t.name, t.text, t.convert = "string", true, text
	case *format.EnumType:
		t.name, t.text, t.convert = "enum", true, text
	case *format.JsonType:
		t.name, t.text, t.convert = "JSON", true, text
	case *format.UUIDType:
		t.name, t.text = "uuid", false
		t.convert = func(v parquet.Value) Value {
			h := hex.EncodeToString(v.ByteArray())
			if len(h) != 32 {
				return binaryValue
			}
			return Value{text: h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]}
		}
	case *format.DecimalType:
		t.name, t.text = "decimal", false
		t.convert = func(v parquet.Value) Value {
			b := v.ByteArray()
			if len(b) == 0 || len(b) > 64 {
				return binaryValue
			}
			n := new(big.Int).SetBytes(b)
			if b[0] >= 0x80 { // two's complement, highest byte first
				n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
			}
			return decimal(n, int(l.Scale))
		}
	}
}
