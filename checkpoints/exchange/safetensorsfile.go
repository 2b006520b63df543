package exchange

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/tensorfile"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/npyfile"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/internal/fault"
)

// A file of safetensors with one table of vectors. It is written with the tensor "embeddings",
// and the metadata "dtype", "dimensions" and "scale" if they are not those of the tensor. Its
// words are in a file beside it, as those of npy.
// https://huggingface.co/docs/safetensors

// writtenTensor is the name of the tensor that is written.
const writtenTensor = "embeddings"

var safetensorsTypes = map[DType]string{Float32: "F32", Float16: "F16", Int8: "I8", Binary: "U8"}

func isSafetensorsFile(head Head) bool {
	if len(head.Data) < 10 {
		return false
	}
	n := little.Uint64(head.Data)
	return n < tensorfile.MaxHeader && head.Data[8] == '{' && (head.Data[9] == '"' || head.Data[9] == ' ' || head.Data[9] == '\n') ||
		strings.EqualFold(filepath.Ext(head.Path), ".safetensors")
}

// safetensorsHeader makes a header of the same length for any number of rows.
func safetensorsHeader(shape Shape) func(rows int64) []byte {
	d := cmp.Or(shape.DType, Float32)
	cols := int64(shape.Dim)
	metadata := fmt.Sprintf(`"dtype":%q,"dimensions":"%d"`, d, shape.Dim)
	switch d {
	case Int8:
		metadata += fmt.Sprintf(`,"scale":"%s"`, strconv.FormatFloat(float64(shape.Scale), 'g', -1, 32))
	case Binary:
		cols = int64(d.Bytes(shape.Dim))
	}
	make := func(rows int64) string {
		return fmt.Sprintf(`{"__metadata__":{%s},%q:{"dtype":%q,"shape":[%d,%d],"data_offsets":[0,%d]}}`,
			metadata, writtenTensor, safetensorsTypes[d], rows, cols, rows*int64(d.Bytes(shape.Dim)))
	}
	const digits = 2 * 20 // of the largest numbers
	size := (8+len(make(0))+digits+63)&^63 - 8
	return func(rows int64) []byte {
		text := make(rows)
		text += strings.Repeat(" ", size-len(text))
		return append(little.AppendUint64(nil, uint64(size)), text...)
	}
}

// readSafetensorsHeader reads the header of a file of size bytes, -1 if that is unknown.
func readSafetensorsHeader(name string, r io.Reader, size int64) (tensors map[string]tensorfile.Entry, metadata map[string]string, err error) {
	entries, metadata, _, err := tensorfile.Read(r, size)
	if err != nil {
		return nil, nil, fault.New("the file is damaged: write or copy it again", "%s: %w", name, err)
	}
	tensors = map[string]tensorfile.Entry{}
	for _, e := range entries {
		tensors[e.Name] = e
	}
	return tensors, metadata, nil
}

func readSafetensorsFile(ctx context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
	size := v.stored(1)
	tensors, metadata, err := readSafetensorsHeader(v.Name(), r, size)
	if err != nil {
		return nil, err
	}
	all := slices.Sorted(maps.Keys(tensors))
	var tables []string
	for _, name := range all {
		if len(tensors[name].Shape) == 2 {
			tables = append(tables, name)
		}
	}
	name := v.Options.VectorColumn
	for _, known := range tableNames {
		if name == "" && slices.Contains(tables, known) {
			name = known
		}
	}
	if name == "" {
		if name, err = pickColumn("", all, tables); err != nil {
			return nil, fault.Mention(strings.ReplaceAll(fault.Hint(err), "column", "tensor"), "%s: no tensor has the name %s, and %s have two dimensions", v.Name(), fault.OneOf(tableNames), fault.Count(len(tables), "tensor"))
		}
	}
	t, ok := tensors[name]
	if !ok || len(t.Shape) != 2 {
		return nil, fault.Field("VectorColumn", "the tensors with two dimensions are "+fault.Names(tables), "%s: no tensor %q with two dimensions", v.Name(), name)
	}
	v.detail += ", tensor " + name
	if name != writtenTensor || metadata["dtype"] == "" {
		metadata = nil // that of another program
	}
	width, decode := 0, (func(dst []float32, raw []byte))(nil)
	dim := int64(t.Shape[1])
	switch t.DType {
	case "F32":
		width, decode = 4, number.DecodeBinary
	case "F16":
		width, decode = 2, npyfile.Decoder("f2", false)
		v.setDType(Float16, 0)
	case "F64":
		width, decode = 8, npyfile.Decoder("f8", false)
	case "BF16":
		width, decode = 2, func(dst []float32, raw []byte) {
			for i := range dst {
				dst[i] = math.Float32frombits(uint32(little.Uint16(raw[2*i:])) << 16)
			}
		}
	case "I8":
		width, decode = 1, v.decoder()
		v.setDType(Int8, 1)
		if text, ok := metadata["scale"]; ok {
			scale, err := strconv.ParseFloat(text, 32)
			if err != nil || !(scale > 0) {
				return nil, fault.New("write the file again", "%s: the scale %.40q in the metadata is not a positive number", v.Name(), text)
			}
			v.Scale = float32(scale)
		}
	case "U8":
		width, decode = 1, v.decoder()
		if metadata["dtype"] != string(Binary) && v.Options.DType != Binary {
			return nil, fault.Mention("if they are packed signs, set DType to binary", "%s: tensor %s has the type U8, which does not hold vectors", v.Name(), name)
		}
		v.setDType(Binary, 0)
		bits, err := strconv.ParseInt(cmp.Or(metadata["dimensions"], "0"), 10, 32)
		if dim > MaxDim || err == nil && bits > 0 && int64(Binary.Bytes(int(bits))) != dim {
			return nil, fault.New("write the file again", "%s: %.20q dimensions do not fit rows of %d bytes", v.Name(), metadata["dimensions"], dim)
		}
		if dim *= 8; bits > 0 {
			dim = bits
		}
	default:
		return nil, fault.New("save it as F32", "%s: tensor %s has the type %.20q, expected F32, F16, BF16, F64 or I8", v.Name(), name, t.DType)
	}
	if err := v.SetRows(int64(t.Shape[0])); err != nil {
		return nil, err
	}
	if err := v.SetDim(dim); err != nil {
		return nil, err
	}
	row := t.Shape[1] * width
	if t.End-t.Begin != v.Rows*int64(row) {
		return nil, fault.New("the file is damaged: write or copy it again", "%s: tensor %s takes %d bytes, but its shape %v of type %s needs %d", v.Name(), name, t.End-t.Begin, t.Shape, t.DType, v.Rows*int64(row))
	}
	if _, err := io.CopyN(io.Discard, r, t.Begin); err != nil {
		return nil, v.cutHere(1, noEOF(err))
	}
	words, err := v.wordsBeside(ctx)
	if err != nil {
		return nil, err
	}
	rows := newPackedRows(v, r, words, row, decode)
	rows.more = true
	return rows, nil
}

// extendSafetensors is the Base of a file that this package wrote.
func extendSafetensors(path string, shape Shape) (Base, error) {
	f, err := os.Open(path)
	if err != nil {
		return Base{}, err
	}
	defer f.Close()
	tensors, metadata, err := readSafetensorsHeader(path, f, -1)
	if err != nil {
		return Base{}, err
	}
	if t, ok := tensors[writtenTensor]; !ok || len(tensors) > 1 || metadata["dtype"] != string(shape.DType) || t.DType != safetensorsTypes[shape.DType] {
		return Base{}, fault.New("write to another file", "cannot append to %s: it holds the tensors %s, not the vectors of this program alone", path, fault.Names(slices.Sorted(maps.Keys(tensors))))
	}
	skip, err := f.Seek(0, io.SeekCurrent)
	return Base{Head: safetensorsHeader(shape)(0), Skip: skip, End: skip + shape.Rows*int64(shape.DType.Bytes(shape.Dim))}, err
}
