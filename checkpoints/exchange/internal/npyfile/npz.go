package npyfile

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsArchive reports whether data starts with a zip archive whose first file is an array.
func IsArchive(data []byte) bool {
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) || len(data) < 30 {
		return false
	}
	return bytes.HasSuffix(data[30:min(len(data), 30+int(little.Uint16(data[26:])))], []byte(".npy"))
}

// Array is an array of the archive.
type Array struct {
	Name  string
	File  *zip.File
	Descr string // without the order of bytes
	Shape []int64
}

// OpenArray reads the header of an array. The name is set also if there is an error.
func OpenArray(file *zip.File) (Array, error) {
	a := Array{Name: strings.TrimSuffix(file.Name, ".npy"), File: file}
	r, err := file.Open()
	if err != nil {
		return a, err
	}
	defer r.Close()
	header, err := ReadHeader(bufio.NewReader(r))
	if err != nil {
		return a, err
	}
	descr, shape := Descr.FindSubmatch(header), Length.FindSubmatch(header)
	if descr == nil || shape == nil {
		return a, nil // a structured array
	}
	a.Descr = strings.TrimLeft(string(descr[1]), "<>=|")
	for _, field := range strings.FieldsFunc(string(shape[1]), func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return a, fmt.Errorf("its shape, (%.60s), is out of range", shape[1])
		}
		a.Shape = append(a.Shape, n)
	}
	return a, nil
}

// AppendString appends a string of an array, whose characters have 32 bits each.
func AppendString(dst, raw []byte) []byte {
	for i := 0; i < len(raw); i += 4 {
		c := little.Uint32(raw[i:])
		if c > unicode.MaxRune {
			c = utf8.RuneError
		}
		dst = utf8.AppendRune(dst, rune(c))
	}
	return dst
}

// WriteStrings writes an array of strings, all as long as the longest, in characters.
func WriteStrings(w io.Writer, words []string, longest int) error {
	b := bufio.NewWriter(w)
	dict := fmt.Sprintf("{'descr': '<U%d', 'fortran_order': False, 'shape': (%d,), }", longest, len(words))
	dict += strings.Repeat(" ", -(len(Magic)+4+len(dict)+1)&63) + "\n"
	b.WriteString(Magic + "\x01\x00")
	b.Write(little.AppendUint16(nil, uint16(len(dict))))
	b.WriteString(dict)
	var c [4]byte
	for _, word := range words {
		left := longest
		for _, r := range word {
			little.PutUint32(c[:], uint32(r))
			b.Write(c[:])
			left--
		}
		for range left {
			b.Write([]byte{0, 0, 0, 0})
		}
	}
	return b.Flush()
}
