package exchange

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/textlook"

	"github.com/luminavec/luminavec/internal/fault"
)

// word2vec's text format, which gensim and fastText (.vec) write as well.
func init() {
	Register(Format{
		Name: "word2vec", Extensions: []string{".txt", ".vec"}, Words: true,
		Holds:       Holds{Words: Inside},
		Description: "text with a header line of the sizes",
		Detect: func(head Head) Match {
			text, _ := textlook.Sized(head.Data, head.Whole)
			if named := head.Options.Format == "word2vec"; text && (named || head.isText("word2vec")) {
				return Yes
			}
			return No
		},
		Read: func(_ context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
			_, err := readSizes(v, r)
			return &textRows{textLines: textLines{v: v, r: r, line: 1}}, err
		},
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			return newRowWriter(w, shape, sizesHeader(shape.Dim), appendLine), nil
		},
	})
}

// sizesHeader returns a function that makes the first line for a number of rows.
func sizesHeader(dim int) func(rows int64) []byte {
	return func(rows int64) []byte { return fmt.Appendf(nil, "%d %d\n", rows, dim) }
}

// readSizes reads the first line and returns its length in bytes.
func readSizes(v *Vectors, r *bufio.Reader) (int, error) {
	line, _ := r.Peek(textlook.MaxSizes)
	m := textlook.SizesLine.FindSubmatch(line)
	if m == nil {
		return 0, fault.New(Hint(), "%s: its first line does not hold the numbers of words and dimensions", v.Name())
	}
	rows, err1 := strconv.ParseInt(string(m[1]), 10, 64)
	dim, err2 := strconv.ParseInt(string(m[2]), 10, 64)
	if err1 != nil || err2 != nil {
		return 0, fault.New(Hint(), "%s: a number in its first line, %.60q, is out of range", v.Name(), bytes.TrimSpace(m[0]))
	}
	if err := v.SetRows(rows); err != nil {
		return 0, err
	}
	if err := v.SetDim(dim); err != nil {
		return 0, err
	}
	return r.Discard(len(m[0]))
}
