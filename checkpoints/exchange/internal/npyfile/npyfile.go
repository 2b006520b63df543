// Package npyfile reads and writes the headers of NumPy's arrays.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
package npyfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"
	"github.com/luminavec/luminavec/internal/half"
)

var little, big = binary.LittleEndian, binary.BigEndian

// Magic is the start of a file.
const Magic = "\x93NUMPY"

// Header makes the header of version 1.0: magic, version, the length of the rest,
// and a Python dictionary padded with spaces so that the values start at a multiple of
// 64 bytes and can be mapped into memory. It has the same length for any number of rows.
func Header(descr string, dim int) func(rows int64) []byte {
	return func(rows int64) []byte {
		const start = Magic + "\x01\x00"
		dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }", descr, rows, dim)
		dict += strings.Repeat(" ", -(len(start)+2+len(dict)+1)&63) + "\n"
		return append(little.AppendUint16([]byte(start), uint16(len(dict))), dict...)
	}
}

// What a header says.
var (
	Descr  = regexp.MustCompile(`'descr': *'([^']*)'`)
	Order  = regexp.MustCompile(`'fortran_order': *(True|False)`)
	Length = regexp.MustCompile(`'shape': *\(([\d, ]*)\)`)
	Shape  = regexp.MustCompile(`'shape': *\((\d+), *(\d+)\)`)
)

// ReadHeader reads up to the values and returns the dictionary that describes them.
func ReadHeader(r *bufio.Reader) (_ []byte, err error) {
	defer func() {
		if errors.Is(err, io.EOF) { // which must not be here
			err = io.ErrUnexpectedEOF
		}
	}()
	start := make([]byte, len(Magic)+2)
	if _, err := io.ReadFull(r, start); err != nil {
		return nil, err
	}
	size := make([]byte, 2)
	if start[len(Magic)] > 1 {
		size = make([]byte, 4)
	}
	if _, err := io.ReadFull(r, size); err != nil {
		return nil, err
	}
	n := uint32(little.Uint16(size))
	if len(size) == 4 {
		n = little.Uint32(size)
	}
	const most = 64 << 10 // far more than any array of two dimensions needs
	if n > most {
		return nil, fmt.Errorf("a length of %d bytes is impossible", n)
	}
	header := make([]byte, n)
	_, err = io.ReadFull(r, header)
	return header, err
}

// Decoder returns how floating-point numbers of a type are read.
func Decoder(kind string, bigEndian bool) func(dst []float32, raw []byte) {
	var order binary.ByteOrder = little
	if bigEndian {
		order = big
	}
	switch {
	case kind == "f2":
		return func(dst []float32, raw []byte) {
			for k := range dst {
				dst[k] = half.Value(order.Uint16(raw[2*k:]))
			}
		}
	case kind == "f8":
		return func(dst []float32, raw []byte) {
			for k := range dst {
				dst[k] = float32(math.Float64frombits(order.Uint64(raw[8*k:])))
			}
		}
	case bigEndian:
		return func(dst []float32, raw []byte) {
			for k := range dst {
				dst[k] = math.Float32frombits(big.Uint32(raw[4*k:]))
			}
		}
	}
	return number.DecodeBinary
}

// TypeName names the type of an array that cannot be read, by its descr.
func TypeName(descr string) string {
	kinds := map[byte]string{'i': "%d-bit integers", 'u': "%d-bit integers", 'c': "complex numbers of %d bits", 'f': "%d-bit floating-point numbers",
		'b': "truth values", 'O': "Python objects in a pickle", 'U': "text", 'S': "text", 'M': "dates", 'm': "durations",
		'V': "raw bytes, such as bfloat16"}
	kind := strings.TrimLeft(descr, "<>=|")
	if kind == "" || kinds[kind[0]] == "" || len(kind) > 1 && kind[1] >= 'a' { // a name, such as bfloat16
		return fmt.Sprintf("%.40q", descr)
	}
	what := kinds[kind[0]]
	if strings.Contains(what, "%d") {
		var n int
		fmt.Sscan(kind[1:], &n)
		what = fmt.Sprintf(what, 8*n)
	}
	return fmt.Sprintf("%.40q, %s", descr, what)
}
