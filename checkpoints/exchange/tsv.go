package exchange

import (
	"bufio"
	"context"
	"io"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/internal/fault"
)

// TSV: one vector per line, its values separated by tabs, without words. Spaces are read as
// well, as numpy.savetxt writes them. With ids or fields, it is a table: see table of columns.
func init() {
	Register(Format{
		Name: "tsv", Extensions: []string{".tsv"},
		Description: "numbers separated by tabs, without words",
		Holds:       Holds{IDs: Inside, Fields: Inside, Texts: true, DTypes: []DType{Float32, Float16}},
		Loses:       "without ids and fields, a file has numbers alone",
		Detect: func(head Head) Match {
			if head.Options.Format == "tsv" || head.isText("tsv") || hasColumns(head, '\t') {
				return Yes
			}
			return No
		},
		Read: readTSV,
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			if shape.HasID || len(shape.Fields) > 0 {
				return columnWriter(w, shape, '\t'), nil
			}
			return newRowWriter(w, shape, nil, func(b []byte, row Row) []byte {
				return append(number.AppendText(b, row.Values, '\t'), '\n')
			}), nil
		},
		Extend: func(path string, shape Shape) (Base, error) {
			if shape.HasID || len(shape.Fields) > 0 {
				return extendLines(path, string(columnHeader(shape, '\t')))
			}
			return extendLines(path, "")
		},
	})
}

func readTSV(ctx context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
	if hasColumns(v.start, '\t') {
		return readColumns(v, r, '\t')
	}
	l, err := v.look(r)
	if err != nil {
		return nil, err
	}
	dim := l.First()
	if dim == 0 {
		return nil, fault.Mention("set Format to glove if each row starts with its word", "%s: its first row is not numbers alone", v.Name())
	}
	if err := v.SetDim(int64(dim)); err != nil {
		return nil, err
	}
	t := &textRows{textLines: textLines{v: v, r: r}, bare: true}
	t.words, err = v.wordsBeside(ctx)
	return t, err
}
