package exchange

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/textlook"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/internal/fault"
)

// word2vec's binary format, as word2vec.c with -binary 1 and gensim write it.
func init() {
	Register(Format{
		Name: "word2vec-bin", Extensions: []string{".bin"}, Words: true, Binary: true,
		Holds:       Holds{Words: Inside},
		Description: "binary with a header line of the sizes",
		Detect: func(head Head) Match {
			text, binary := textlook.Sized(head.Data, head.Whole)
			if binary || text && head.Options.Format == "word2vec-bin" {
				return Yes
			}
			return No
		},
		Read: func(_ context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
			n, err := readSizes(v, r)
			if err != nil {
				return nil, err
			}
			d, err := v.binaryType(n)
			if err != nil {
				return nil, err
			}
			v.setDType(d, 0)
			return &binaryRows{v: v, r: r, offset: int64(n), raw: make([]byte, d.Bytes(v.Dim)), values: make([]float32, v.Dim)}, nil
		},
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			return newRowWriter(w, shape, sizesHeader(shape.Dim), func(b []byte, row Row) []byte {
				b = append(append(b, row.Token...), ' ')
				return append(shape.DType.appendPacked(b, row.Values), '\n')
			}), nil
		},
	})
}

// binaryType says whether values have 4 bytes or, as some programs write them, 2: of the two, only
// the right one gives rows that start with words. length is that of the first line. If both do,
// Options.DType decides.
func (v *Vectors) binaryType(length int) (DType, error) {
	switch d := v.Options.DType; d {
	case "":
	case Float32, Float16:
		return d, nil
	default:
		return "", fault.Field("DType", "the values are float32 or float16", "word2vec-bin does not hold values of type %s", d)
	}
	data := v.start.Data[min(length, len(v.start.Data)):]
	full, half := binaryFits(data, v.start.Whole, v.Rows, v.Dim, Float32), binaryFits(data, v.start.Whole, v.Rows, v.Dim, Float16)
	switch {
	case full && half:
		return "", fault.Mention("set DType to float32 or float16", "%s: its values may have 4 bytes or 2: its start can be read as both", v.Name())
	case half:
		return Float16, nil
	}
	return Float32, nil
}

// binaryFits reports whether data, the start of the rows, can be words and finite values of a
// type: a row at least, of words without control characters, and nothing after the last one.
func binaryFits(data []byte, whole bool, rows int64, dim int, d DType) bool {
	width, values := d.Bytes(dim), make([]float32, dim)
	for n := int64(0); n < rows; n++ {
		data = bytes.TrimLeft(data, "\r\n")
		space := bytes.IndexByte(data, ' ')
		if space < 0 || len(data) < space+1+width {
			return n > 1 && !whole && len(data) < maxWord+width // the rest is not in data
		}
		for _, b := range data[:space] {
			if b < ' ' || b == 0x7f {
				return false
			}
		}
		if d.unpack(values, data[space+1:], 0); number.NotFinite(values) >= 0 || space == 0 || space > 1000 {
			return false
		}
		data = data[space+1+width:]
	}
	return len(bytes.Trim(data, "\r\n")) == 0
}

// binaryRows reads a word, a space, and the values as little-endian float32. word2vec.c
// ends a row with a line feed, gensim does not.
type binaryRows struct {
	v      *Vectors
	r      *bufio.Reader
	offset int64 // of the next byte
	start  int64 // of the last row
	token  []byte
	raw    []byte
	values []float32
}

func (b *binaryRows) Place() string { return fmt.Sprintf("%s: byte %d", b.v.Name(), b.start) }

func (b *binaryRows) Next() (Row, error) {
	row := b.v.stats.Rows + 1
	if row > b.v.Rows {
		return Row{}, b.v.nothingMore(b.r)
	}
	b.token, b.start = b.token[:0], b.offset
	for {
		part, err := b.r.ReadSlice(' ')
		b.offset += int64(len(part))
		b.token = append(b.token, part...)
		if err == nil && len(b.token) <= maxWord {
			break
		}
		if len(b.token) > maxWord {
			return Row{}, fault.New("the number of dimensions in the first line is wrong, or the file is damaged",
				"%s: row %d has a word of more than %d bytes", b.Place(), row, maxWord)
		}
		if err == io.EOF && len(bytes.TrimLeft(b.token, "\r\n")) == 0 {
			return Row{}, io.EOF
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return Row{}, b.v.cutHere(row, err)
		}
	}
	token := bytes.TrimLeft(b.token[:len(b.token)-1], "\r\n")
	b.start += int64(len(b.token) - 1 - len(token))
	if _, err := io.ReadFull(b.r, b.raw); err != nil {
		return Row{}, b.v.cutHere(row, err)
	}
	b.offset += int64(len(b.raw))
	b.v.DType.unpack(b.values, b.raw, 0)
	return Row{Token: token, Count: -1, Values: b.values}, nil
}
