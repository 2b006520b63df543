package parts

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/filter"
)

// A Row is a passage as it is stored: the file by its number, and without the fields, which have
// columns of their own.
type Row struct {
	Label int64
	File  uint64
	documents.Passage
}

// appendRow encodes a row without its label, after the row before it in the block, or an empty one: passages
// follow each other in their files, and most are as long as their texts, so that the numbers are small. They
// are varints, and texts follow their lengths.
func appendRow(dst []byte, r, before *Row) []byte {
	dst = binary.AppendUvarint(dst, r.File)
	dst = binary.AppendVarint(dst, int64(r.FirstLine-before.LastLine))
	dst = binary.AppendUvarint(dst, uint64(max(0, r.LastLine-r.FirstLine)))
	dst = binary.AppendVarint(dst, r.Start-before.End)
	dst = appendText(dst, r.ID)
	dst = appendText(dst, r.Title)
	dst = appendTexts(dst, r.Heading)
	dst = appendText(dst, r.Text)
	return binary.AppendVarint(dst, r.End-r.Start-int64(len(r.Text)))
}

func appendText(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

func appendTexts(dst []byte, list []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, s := range list {
		dst = appendText(dst, s)
	}
	return dst
}

// ErrFormat is the error for data that no release writes.
var ErrFormat = errors.New("its contents are not as they are written")

// Reader decodes what the functions above append. After an error it returns zeros.
type Reader struct {
	Data []byte
	Err  error
}

func (r *Reader) fail() { r.Data, r.Err = nil, ErrFormat }

func (r *Reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.Data)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.Data = r.Data[n:]
	return v
}

// number returns a number that is not negative and less than 2^62, so that two can be added.
func (r *Reader) number() int64 {
	v := r.uvarint()
	if v >= 1<<62 {
		r.fail()
		return 0
	}
	return int64(v)
}

// count returns a number of things that have at least one byte each.
func (r *Reader) count() int {
	v := r.uvarint()
	if v > uint64(len(r.Data)) {
		r.fail()
		return 0
	}
	return int(v)
}

// Bytes returns the next n bytes, or nil if there are fewer.
func (r *Reader) Bytes(n int) []byte {
	if n > len(r.Data) {
		r.fail()
		return nil
	}
	b := r.Data[:n:n]
	r.Data = r.Data[n:]
	return b
}

// Uint32 returns a number of four bytes.
func (r *Reader) Uint32() uint32 {
	if b := r.Bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// text returns a text that shares the memory of the data.
func (r *Reader) text() string {
	b := r.Bytes(r.count())
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (r *Reader) texts() []string {
	n := r.count()
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = r.text()
	}
	return list
}

// row decodes the row after before.
func (r *Reader) row(label int64, before *Row) Row {
	s := Row{Label: label, File: r.uvarint()}
	s.FirstLine = int(r.after(int64(before.LastLine)))
	s.LastLine = s.FirstLine + int(r.number())
	s.Start = r.after(before.End)
	s.ID, s.Title, s.Heading = r.text(), r.text(), r.texts()
	s.Text = r.text()
	s.End = r.after(s.Start + int64(len(s.Text)))
	return s
}

// after returns the sum of n and a number, as number does.
func (r *Reader) after(n int64) int64 {
	if v := r.varint(); v < 1<<62 && v > -1<<62 && n+v >= 0 && n+v < 1<<62 {
		return n + v
	}
	r.fail()
	return 0
}

// ValueKind is the type of a value of a field.
type ValueKind uint8

// The kinds of values. Their numbers are in files.
const (
	Missing ValueKind = iota // the passage does not have the field
	String
	Int
	Float
	False
	True
	Time
	Strings
)

// kindOf returns the kind of a value, Missing for one that cannot be stored.
func kindOf(v any) ValueKind {
	switch v := v.(type) {
	case string:
		return String
	case int64:
		return Int
	case float64:
		return Float
	case bool:
		if v {
			return True
		}
		return False
	case time.Time:
		return Time
	case []string:
		return Strings
	}
	return Missing
}

// appendValue encodes a value; its kind is stored elsewhere.
func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendText(dst, v)
	case int64:
		return binary.AppendVarint(dst, v)
	case float64:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
	case time.Time:
		return appendText(dst, v.Format(time.RFC3339Nano))
	case []string:
		return appendTexts(dst, v)
	}
	return dst
}

// Value decodes a value.
func (r *Reader) Value(kind ValueKind) any {
	switch kind {
	case String:
		return r.text()
	case Int:
		return r.varint()
	case Float:
		return r.float()
	case False, True:
		return kind == True
	case Time:
		return r.time()
	case Strings:
		if list := r.texts(); list != nil {
			return list
		}
		return []string{}
	case Missing:
	default:
		r.fail()
	}
	return nil
}

func (r *Reader) varint() int64 {
	v, n := binary.Varint(r.Data)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.Data = r.Data[n:]
	return v
}

func (r *Reader) float() float64 {
	b := r.Bytes(8)
	if b == nil {
		return 0
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b))
}

func (r *Reader) time() time.Time {
	t, err := time.Parse(time.RFC3339Nano, r.text())
	if err != nil {
		r.fail()
	}
	return t
}

// maskKinds are the kinds of fields by the bits of a mask, which says which values a field has.
var maskKinds = []filter.Kind{filter.String, filter.Number, filter.Date, filter.Bool}

// maskOf returns the bit of a value.
func maskOf(v any) byte {
	kind := filter.String
	switch v := v.(type) {
	case int64, float64:
		kind = filter.Number
	case bool:
		kind = filter.Bool
	case time.Time:
		kind = filter.Date
	case string:
		kind = filter.KindOf(slices.Values([]string{v}))
		if strings.TrimSpace(v) == "" {
			return 0 // it fits any kind
		}
	case []string:
		var mask byte
		for _, s := range v {
			mask |= maskOf(s)
		}
		return mask
	}
	return 1 << slices.Index(maskKinds, kind)
}

// MaskKind returns the kind of all values, or String.
func MaskKind(mask byte) filter.Kind {
	for i, kind := range maskKinds {
		if mask == 1<<i {
			return kind
		}
	}
	return filter.String
}
