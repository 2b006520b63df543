package exchange

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/npyfile"

	"github.com/luminavec/luminavec/internal/fault"
)

// NumPy's format for one array. Its rows have no words: they are in a file beside it.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
func init() {
	Register(Format{
		Name: "npy", Extensions: []string{".npy"}, Binary: true, info: true,
		Description: "a NumPy array, without words",
		Holds:       Holds{IDs: Beside, Fields: Beside, Words: Beside, Counts: Beside, DTypes: DTypes()},
		Loses:       "the scale of int8 and the bits of binary are in a file beside it",
		Detect: func(head Head) Match {
			if bytes.HasPrefix(head.Data, []byte(npyfile.Magic)) {
				return Yes
			}
			return No
		},
		Read: readNPY,
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			return newRowWriter(w, shape, npyHeader(shape.DType, shape.Dim), appendPackedRow(shape)), nil
		},
		Extend: func(path string, shape Shape) (Base, error) {
			f, err := os.Open(path)
			if err != nil {
				return Base{}, err
			}
			defer f.Close()
			r := bufio.NewReaderSize(f, 64)
			header, err := npyfile.ReadHeader(r)
			if err != nil {
				return Base{}, err
			}
			descr := npyfile.Descr.FindSubmatch(header)
			if want := npyDescrs[shape.DType]; descr == nil || string(descr[1]) != want && string(descr[1])[1:] != want[1:] || string(descr[1])[0] == '>' {
				return Base{}, fault.New("write to another file", "cannot append to %s: its values have the type %q, not %q", path, descr[1], want)
			}
			skip := int64(len(npyfile.Magic)+4) + int64(len(header))
			if header := make([]byte, 7); true {
				if _, err := f.ReadAt(header, 0); err == nil && header[6] > 1 {
					skip += 2
				}
			}
			return Base{Head: npyHeader(shape.DType, shape.Dim)(0), Skip: skip, End: skip + shape.Rows*int64(shape.DType.Bytes(shape.Dim))}, nil
		},
	})
}

// npyDescrs are the types of arrays that are written.
var npyDescrs = map[DType]string{Float32: "<f4", Float16: "<f2", Int8: "|i1", Binary: "|u1"}

// npyHeader makes the header of an array of vectors for a number of rows.
func npyHeader(d DType, dim int) func(rows int64) []byte {
	if d == Binary {
		dim = d.Bytes(dim)
	}
	return npyfile.Header(npyDescrs[cmp.Or(d, Float32)], dim)
}

// appendPackedRow appends the vector of a row in binary form.
func appendPackedRow(shape Shape) func(b []byte, row Row) []byte {
	return func(b []byte, row Row) []byte { return shape.DType.appendPacked(b, row.Values) }
}

func readNPY(ctx context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
	header, err := npyfile.ReadHeader(r)
	if err != nil {
		return nil, fault.New("the file is damaged: write or copy it again", "%s: the header of the array: %w", v.Name(), err)
	}
	descr, order, shape := npyfile.Descr.FindSubmatch(header), npyfile.Order.FindSubmatch(header), npyfile.Shape.FindSubmatch(header)
	if bytes.Contains(header, []byte("'descr': [")) {
		return nil, fault.New("save an array of two dimensions: numpy.save('vectors.npy', numpy.stack([x[name] for name in x.dtype.names], 1))", "%s: expected an array of numbers but found a structured array", v.Name())
	}
	if descr == nil {
		descr = [][]byte{nil, nil}
	}
	kind := strings.TrimLeft(string(descr[1]), "<>=|")
	widths := map[string]int{"f2": 2, "f4": 4, "f8": 8, "i1": 1, "u1": 1}
	width := widths[kind]
	beside, told, err := readInfo(v.Path, "npy")
	if err != nil {
		return nil, err
	}
	switch {
	case kind == "": // the next check says what is wrong
	case width == 0:
		return nil, fault.New("save it as float32: x.astype('float32')", "%s: expected values of type f2, f4 or f8 but found %s", v.Name(), npyfile.TypeName(string(descr[1])))
	case kind == "u1" && v.Options.DType != Binary && (!told || beside.DType != Binary):
		return nil, fault.Mention("if they are packed signs, as of the precision \"ubinary\" of sentence-transformers, set DType to binary; if not, save the array as float32: x.astype('float32')",
			"%s: expected values of type f2, f4 or f8 but found %s", v.Name(), npyfile.TypeName(string(descr[1])))
	}
	if descr[1] == nil || order == nil || shape == nil || string(order[1]) == "True" {
		return nil, fault.New("save a C-ordered array of two dimensions: numpy.save('vectors.npy', numpy.ascontiguousarray(x))",
			"%s: expected an array of two dimensions in C order but found %.100q", v.Name(), bytes.TrimSpace(header))
	}
	rows, err1 := strconv.ParseInt(string(shape[1]), 10, 64)
	dim, err2 := strconv.ParseInt(string(shape[2]), 10, 64)
	if err1 != nil || err2 != nil {
		return nil, fault.New(Hint(), "%s: the shape of the array, %.60s, is out of range", v.Name(), shape[0])
	}
	if err := v.SetRows(rows); err != nil {
		return nil, err
	}
	if err := v.SetDim(dim); err != nil {
		return nil, err
	}
	decode := npyfile.Decoder(kind, bytes.HasPrefix(descr[1], []byte(">")))
	bytes := width * v.Dim
	switch kind {
	case "f2":
		v.setDType(Float16, 0)
	case "i1":
		v.setDType(Int8, 1)
		if told && beside.DType == Int8 {
			v.Scale = beside.Scale
		}
		decode = v.decoder()
	case "u1":
		v.setDType(Binary, 0)
		if bits := cmp.Or(v.Options.Dim, beside.Dim); told && beside.DType == Binary && Binary.Bytes(beside.Dim) == v.Dim {
			v.Dim = beside.Dim
		} else if bits > 0 && Binary.Bytes(bits) == v.Dim {
			v.Dim = bits
		} else if err := v.SetDim(8 * dim); err != nil {
			return nil, err
		}
		decode = v.decoder()
	}
	words, err := v.wordsBeside(ctx)
	if err != nil {
		return nil, err
	}
	return newPackedRows(v, r, words, bytes, decode), nil
}

// noEOF returns io.ErrUnexpectedEOF instead of io.EOF, for data that must not end yet.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
