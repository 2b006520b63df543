package exchange

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"github.com/luminavec/luminavec/internal/fault"
)

// word2vec's text format, which gensim and fastText (.vec) write as well.
func init() {
	Register(Format{
		Name: "word2vec", Extensions: []string{".txt", ".vec"}, Words: true,
		Description: "text with a header line of the sizes",
		Detect: func(head Head) Match {
			if text, _ := sized(head.Data); text {
				return Yes
			}
			return No
		},
		Read: func(_ context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
			_, err := readSizes(v, r)
			return &textRows{v: v, r: r, line: 1}, err
		},
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			return newRowWriter(w, shape, sizesHeader(shape.Dim), appendLine), nil
		},
	})
}

// sizesLine is the first line of word2vec's formats: the numbers of words and
// dimensions.
var sizesLine = regexp.MustCompile(`^(\d+)[ \t]+(\d+)[ \t]*\r?\n`)

// maxSizes is the longest first line, in bytes.
const maxSizes = 64

// sizesHeader returns a function that makes the first line for a number of rows.
func sizesHeader(dim int) func(rows int64) []byte {
	return func(rows int64) []byte { return fmt.Appendf(nil, "%d %d\n", rows, dim) }
}

// sized reports whether data starts with word2vec's first line, and whether text or binary
// values follow.
func sized(data []byte) (text, binary bool) {
	m := sizesLine.FindSubmatch(data[:min(len(data), maxSizes)])
	if m == nil {
		return false, false
	}
	row := data[len(m[0]):]
	dim, err := strconv.Atoi(string(m[2]))
	if err != nil || dim < 1 || dim > MaxDim || len(row) == 0 || readsAsText(row, dim) {
		return true, false
	}
	return false, true
}

// readSizes reads the first line and returns its length in bytes.
func readSizes(v *Vectors, r *bufio.Reader) (int, error) {
	line, _ := r.Peek(maxSizes)
	m := sizesLine.FindSubmatch(line)
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

// readsAsText distinguishes text from binary by the first row after the sizes: binary
// values contain bytes that numbers in text do not.
func readsAsText(row []byte, dim int) bool {
	line, _, whole := bytes.Cut(row, []byte("\n"))
	line = bytes.TrimRight(line, " \t\r")
	fields := bytes.FieldsFunc(line, isSeparator)
	if whole && len(fields) > dim { // the word may be of any bytes
		numbers := 0
		for _, f := range fields[len(fields)-dim:] {
			if isNumber(f) {
				numbers++
			}
		}
		if numbers == dim {
			return true
		}
	}
	_, values, _ := bytes.Cut(line, []byte(" "))
	if len(values) == 0 {
		values = line
	}
	for _, b := range values[:min(len(values), max(4*dim, 1))] {
		if b < ' ' && b != '\t' || b > '~' {
			return false
		}
	}
	// Binary values may all happen to be printable; they are not numbers then.
	for _, f := range fields[min(1, len(fields)):] {
		if isNumber(f) {
			return true
		}
	}
	return false
}
