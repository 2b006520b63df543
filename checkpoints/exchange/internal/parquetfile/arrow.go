package parquetfile

import (
	"encoding/base64"
	"encoding/binary"
)

var little = binary.LittleEndian

// arrowSchema returns the value of the key "ARROW:schema", by which Arrow's readers restore
// types that Parquet does not have: the message of Arrow's IPC format with the schema, in
// base64. https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format
func arrowSchema(s Schema) string {
	const utf8, floatingPoint, integer, fixedSizeList = 5, 3, 2, 16
	var f flat
	f.grow(4)
	message := f.table(int16(4), byte(1), ref{}, int64(0)) // version V5, header Schema, body
	f.link(0, message.at)
	schema := f.table(nil, ref{})
	f.link(message.refs[0], schema.at)
	fields := make([]table, 0, len(s.Texts)+1)
	at, refs := f.vector(len(s.Texts) + 1)
	f.link(schema.refs[0], at)
	field := func(name string, kind byte, children bool) table {
		t := f.table(ref{}, false, kind, ref{}, nil, ref{})
		f.link(t.refs[0], f.text(name))
		if !children {
			none, _ := f.vector(0)
			f.link(t.refs[2], none)
		}
		return t
	}
	for i, name := range s.Texts {
		kind, about := byte(utf8), []any(nil)
		if s.integer(name) {
			kind, about = integer, []any{int32(64), true}
		}
		t := field(name, kind, false)
		f.link(refs[i], t.at)
		f.link(t.refs[1], f.table(about...).at)
		fields = append(fields, t)
	}
	vector := field(s.Vector, fixedSizeList, true)
	f.link(refs[len(fields)], vector.at)
	f.link(vector.refs[1], f.table(int32(s.Width)).at)
	at, refs = f.vector(1)
	f.link(vector.refs[2], at)
	kind := byte(floatingPoint)
	if s.Type == Int8 || s.Type == Uint8 {
		kind = integer
	}
	item := field("element", kind, false)
	f.link(refs[0], item.at)
	switch s.Type {
	case Float32:
		f.link(item.refs[1], f.table(int16(1)).at)
	case Float16:
		f.link(item.refs[1], f.table(int16(0)).at)
	default:
		f.link(item.refs[1], f.table(int32(8), s.Type == Int8).at)
	}
	f.align(8)
	b := little.AppendUint32([]byte{0xff, 0xff, 0xff, 0xff}, uint32(len(f.b)))
	return base64.StdEncoding.EncodeToString(append(b, f.b...))
}

// flat writes a FlatBuffer from its root on: what refers to something is written first, and
// linked when its place is known. https://flatbuffers.dev/internals/
type flat struct{ b []byte }

// ref is a field that refers to something.
type ref struct{}

// table is where a table is, and where its fields of type ref are.
type table struct {
	at   int
	refs []int
}

func (f *flat) grow(n int) { f.b = append(f.b, make([]byte, n)...) }

func (f *flat) align(n int) { f.grow(-len(f.b) & (n - 1)) }

// link makes the reference at from point to to, which comes after it.
func (f *flat) link(from, to int) { little.PutUint32(f.b[from:], uint32(to-from)) }

// table writes a table and the list of its fields; nil stands for a field that is absent.
func (f *flat) table(fields ...any) table {
	f.align(8)
	start := len(f.b)
	f.grow(4 + 2*len(fields))
	f.align(8)
	t := table{at: len(f.b)}
	f.grow(4)
	little.PutUint32(f.b[t.at:], uint32(t.at-start))
	for i, field := range fields {
		var value []byte
		switch v := field.(type) {
		case nil:
			continue
		case bool:
			value = []byte{0}
			if v {
				value[0] = 1
			}
		case byte:
			value = []byte{v}
		case int16:
			value = little.AppendUint16(nil, uint16(v))
		case int32:
			value = little.AppendUint32(nil, uint32(v))
		case int64:
			value = little.AppendUint64(nil, uint64(v))
		case ref:
			value = make([]byte, 4)
		}
		f.align(len(value))
		if _, ok := field.(ref); ok {
			t.refs = append(t.refs, len(f.b))
		}
		little.PutUint16(f.b[start+4+2*i:], uint16(len(f.b)-t.at))
		f.b = append(f.b, value...)
	}
	little.PutUint16(f.b[start:], uint16(4+2*len(fields)))
	little.PutUint16(f.b[start+2:], uint16(len(f.b)-t.at))
	return t
}

// vector writes a list of n references.
func (f *flat) vector(n int) (at int, refs []int) {
	f.align(4)
	at = len(f.b)
	f.b = little.AppendUint32(f.b, uint32(n))
	for range n {
		refs = append(refs, len(f.b))
		f.grow(4)
	}
	return at, refs
}

func (f *flat) text(s string) int {
	f.align(4)
	at := len(f.b)
	f.b = append(little.AppendUint32(f.b, uint32(len(s))), s...)
	f.grow(1)
	return at
}
