package exchange

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"slices"

	"github.com/luminavec/luminavec/internal/fault"
)

// Raw: the values of all vectors, little-endian, one after the other, without a header. The
// dimension and the type are in a file beside it, InfoFile.
func init() {
	Register(Format{
		Name: "raw", Extensions: []string{".f32", ".raw"}, Binary: true, info: true,
		Description: "little-endian values alone; a file beside it, FILE.json, has the dimensions",
		Holds:       Holds{IDs: Beside, Fields: Beside, Words: Beside, Counts: Beside, DTypes: DTypes()},
		Loses:       "dimensions, type and scale are in a file beside it",
		Detect: func(head Head) Match {
			if head.Options.Format == "raw" {
				return Yes
			}
			if head.Path != "" && head.Path != "-" {
				if _, ok, err := readInfo(head.Path, "raw"); ok || err != nil {
					return Yes
				}
			}
			return No
		},
		Read: readRaw,
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			return newRowWriter(w, shape, nil, appendPackedRow(shape)), nil
		},
		Extend: func(_ string, shape Shape) (Base, error) {
			return Base{End: shape.Rows * int64(shape.DType.Bytes(shape.Dim))}, nil
		},
	})
}

func readRaw(ctx context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
	i, ok, err := readInfo(v.Path, "raw")
	if err != nil {
		return nil, err
	}
	if !ok {
		i = info{DType: cmp.Or(v.Options.DType, Float32), Dim: v.Options.Dim, Scale: 1}
		if i.Dim < 1 {
			return nil, fault.Mention("set Dim to the number of values of a vector", "%s: raw values do not say how many dimensions a vector has", v.Name())
		}
		if !slices.Contains(DTypes(), i.DType) {
			return nil, fault.Field("DType", "the types are "+fault.OneOf(DTypes()), "%q is not a type of values", string(i.DType))
		}
	}
	v.setDType(i.DType, i.Scale)
	if err := v.SetDim(int64(i.Dim)); err != nil {
		return nil, err
	}
	width := i.DType.Bytes(i.Dim)
	if n := v.stored(1); n > 0 && n%int64(width) != 0 && !v.Options.Partial {
		return nil, fault.Mention("set Dim and DType to those of the vectors; if the file is truncated, Partial reads what is there",
			"%s: %d bytes are not whole vectors of %d bytes (%d dimensions, %s)", v.Name(), n, width, i.Dim, i.DType)
	}
	words, err := v.wordsBeside(ctx)
	if err != nil {
		return nil, err
	}
	return newPackedRows(v, r, words, width, v.decoder()), nil
}
