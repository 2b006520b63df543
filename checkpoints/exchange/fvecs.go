package exchange

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/internal/fault"
)

// The formats of the data sets of the TEXMEX project, http://corpus-texmex.irisa.fr: before the
// values of each vector is its dimension, a little-endian int32. They have no words.
func init() {
	for _, kind := range []vecs{
		{"fvecs", "little-endian float32, the dimension before each vector", 4, number.DecodeBinary},
		{"bvecs", "bytes from 0 to 255, the dimension before each vector", 1, decodeBytes},
		{"ivecs", "32-bit whole numbers, the dimension before each vector", 4, decodeIntegers},
	} {
		f := Format{
			Name: kind.name, Extensions: []string{"." + kind.name}, Binary: true, Description: kind.description,
			Holds:  Holds{IDs: Beside, Fields: Beside, Words: Beside, Counts: Beside},
			Detect: kind.detect,
			Read:   kind.read,
		}
		if kind.name == "fvecs" {
			f.Write = func(w io.Writer, shape Shape) (RowWriter, error) {
				return newRowWriter(w, shape, nil, func(b []byte, row Row) []byte {
					return number.AppendBinary(little.AppendUint32(b, uint32(shape.Dim)), row.Values)
				}), nil
			}
			f.Extend = func(_ string, shape Shape) (Base, error) {
				return Base{End: shape.Rows * int64(4+4*shape.Dim)}, nil
			}
		}
		Register(f)
	}
}

// vecs is one of the formats.
type vecs struct {
	name, description string
	width             int // bytes of a value
	decode            func(dst []float32, raw []byte)
}

func decodeBytes(dst []float32, raw []byte) {
	for i := range dst {
		dst[i] = float32(raw[i])
	}
}

func decodeIntegers(dst []float32, raw []byte) {
	for i := range dst {
		dst[i] = float32(int32(little.Uint32(raw[4*i:])))
	}
}

// detect goes by the ending of the name, if the file starts with a dimension. Otherwise two rows
// of the same dimension are needed, and the numbers are taken for what is far more usual, vectors
// of float32, if they can be.
func (k vecs) detect(head Head) Match {
	if len(head.Data) < 4 {
		return No
	}
	dim := int64(int32(little.Uint32(head.Data)))
	name := unpackedName(strings.ToLower(head.Path))
	switch ending := filepath.Ext(name); {
	case head.Options.Format == k.name || head.Options.Format == "" && ending == "."+k.name:
		return Yes
	case head.Options.Format != "" || ending == ".fvecs" || ending == ".bvecs" || ending == ".ivecs" || dim < 1 || dim > MaxDim:
		return No
	}
	row := 4 + int(dim)*k.width
	rows := 0
	values := make([]float32, dim)
	for data := head.Data; len(data) >= row; data = data[row:] {
		if int64(int32(little.Uint32(data))) != dim {
			return No
		}
		if rows++; k.name == "fvecs" {
			number.DecodeBinary(values, data[4:])
			for _, x := range values {
				if x != 0 && !(x > 1e-20 && x < 1e20 || x < -1e-20 && x > -1e20) {
					return No // whole numbers
				}
			}
		}
		if len(data) == row && head.Whole || rows == 1000 {
			break
		}
	}
	if rows < 2 {
		return No
	}
	return Yes
}

func (k vecs) read(ctx context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
	first, err := r.Peek(4)
	if err != nil {
		return nil, v.cutHere(1, noEOF(err))
	}
	if err := v.SetDim(int64(int32(little.Uint32(first)))); err != nil {
		return nil, err
	}
	row := 4 + v.Dim*k.width
	if n := v.stored(1); n > 0 && n%int64(row) == 0 {
		if err := v.SetRows(n / int64(row)); err != nil {
			return nil, err
		}
	}
	words, err := v.wordsBeside(ctx)
	if err != nil {
		return nil, err
	}
	return &vecsRows{newPackedRows(v, r, words, row, func(dst []float32, raw []byte) { k.decode(dst, raw[4:]) })}, nil
}

// vecsRows checks the dimension before each row.
type vecsRows struct{ *packedRows }

func (r *vecsRows) Next() (Row, error) {
	clear(r.raw)
	row, err := r.packedRows.Next()
	dim := int32(little.Uint32(r.raw))
	if dim != 0 && int(dim) != r.v.Dim || err == nil && dim == 0 {
		n := r.v.stats.Rows
		return Row{}, fault.Mention("every vector must have the same dimension: the file is damaged or in another format, which Format names",
			"%s: row %d, byte %d: a vector of %d dimensions, but the first has %d", r.v.Name(), n+1, n*int64(len(r.raw)), dim, r.v.Dim)
	}
	return row, err
}

func (r *vecsRows) Place() string {
	n := r.v.stats.Rows
	return fmt.Sprintf("%s: row %d, byte %d", r.v.Name(), n, max(0, n-1)*int64(len(r.raw)))
}
