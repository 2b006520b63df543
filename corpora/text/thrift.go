package text

import (
	"encoding/binary"
	"errors"
)

// The types of Thrift's compact protocol, in which Parquet stores its headers. Source: the
// compact protocol specification of Apache Thrift.
const (
	thriftTrue = 1 + iota
	thriftFalse
	thriftByte
	thriftInt16
	thriftInt32
	thriftInt64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

// thriftDepth is how deep structs and lists may be nested. Those of Parquet use about 8 levels.
const thriftDepth = 32

var (
	errThriftShort = errors.New("it ends too early")
	errThrift      = errors.New("it is not a Parquet header")
)

// thriftStructSize returns the length of the struct at the start of data, without decoding it.
// Decoders allocate what the length of a list or string says; after this check, the data holds
// as much as it says. The error is errThriftShort if data ends first.
func thriftStructSize(data []byte) (int, error) {
	t := thriftSkipper{data: data}
	t.value(thriftStruct, 0)
	return t.at, t.err
}

type thriftSkipper struct {
	data []byte
	at   int
	err  error // the first one
}

func (t *thriftSkipper) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

func (t *thriftSkipper) byte() byte {
	if t.err != nil || t.at >= len(t.data) {
		t.fail(errThriftShort)
		return 0
	}
	t.at++
	return t.data[t.at-1]
}

func (t *thriftSkipper) varint() uint64 {
	if t.err != nil {
		return 0
	}
	v, n := binary.Uvarint(t.data[t.at:])
	switch {
	case n == 0:
		t.fail(errThriftShort)
		return 0
	case n < 0:
		t.fail(errThrift)
		return 0
	}
	t.at += n
	return v
}

// bytes skips n bytes; limit is the most that a length may be.
func (t *thriftSkipper) bytes(n uint64) {
	const limit = 1 << 31
	switch {
	case t.err != nil:
	case n >= limit:
		t.fail(errThrift)
	case n > uint64(len(t.data)-t.at):
		t.fail(errThriftShort)
	default:
		t.at += int(n)
	}
}

func (t *thriftSkipper) value(kind byte, depth int) {
	if t.err != nil {
		return
	}
	if depth > thriftDepth {
		t.fail(errThrift)
		return
	}
	switch kind {
	case thriftTrue, thriftFalse: // of a field, the type is the value
	case thriftByte:
		t.byte()
	case thriftInt16, thriftInt32, thriftInt64:
		t.varint()
	case thriftDouble:
		t.bytes(8)
	case thriftBinary:
		t.bytes(t.varint())
	case thriftList, thriftSet:
		head := t.byte()
		n := uint64(head >> 4)
		if n == 15 {
			n = t.varint()
		}
		t.items(n, depth, head&15)
	case thriftMap:
		if n := t.varint(); n > 0 {
			kinds := t.byte()
			t.items(n, depth, kinds>>4, kinds&15)
		}
	case thriftStruct:
		for t.err == nil {
			head := t.byte()
			if t.err != nil || head == 0 {
				return
			}
			if head>>4 == 0 {
				t.varint() // the number of the field
			}
			t.value(head&15, depth+1)
		}
	default:
		t.fail(errThrift)
	}
}

// items skips n items of the given types.
func (t *thriftSkipper) items(n uint64, depth int, kinds ...byte) {
	if t.err == nil && n > uint64(len(t.data)-t.at) { // an item is a byte or more
		t.fail(errThriftShort)
	}
	for ; n > 0 && t.err == nil; n-- {
		for _, kind := range kinds {
			if kind == thriftTrue || kind == thriftFalse {
				kind = thriftByte
			}
			t.value(kind, depth+1)
		}
	}
}
