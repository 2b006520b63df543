package exchange

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/luminavec/luminavec/internal/fault"
)

// word2vec's binary format, as word2vec.c with -binary 1 and gensim write it.
func init() {
	Register(Format{
		Name: "word2vec-bin", Extensions: []string{".bin"}, Words: true, Binary: true,
		Holds:       Holds{Words: true},
		Description: "binary with a header line of the sizes",
		Detect: func(head Head) Match {
			text, binary := sized(head)
			if binary || text && head.Options.Format == "word2vec-bin" {
				return Yes
			}
			return No
		},
		Read: func(_ context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
			n, err := readSizes(v, r)
			return &binaryRows{v: v, r: r, offset: int64(n), raw: make([]byte, 4*v.Dim), values: make([]float32, v.Dim)}, err
		},
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			return newRowWriter(w, shape, sizesHeader(shape.Dim), func(b []byte, row Row) []byte {
				b = append(append(b, row.Token...), ' ')
				return append(appendBinary(b, row.Values), '\n')
			}), nil
		},
	})
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
	decodeBinary(b.values, b.raw)
	return Row{Token: token, Count: -1, Values: b.values}, nil
}
