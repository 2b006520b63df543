package exchange

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/luminavec/luminavec/internal/fault"
)

// word2vec's text format, which gensim and fastText (.vec) write as well.
func init() {
	Register(Format{
		Name: "word2vec", Extensions: []string{".txt", ".vec"}, Words: true,
		Holds:       Holds{Words: Inside},
		Description: "text with a header line of the sizes",
		Detect: func(head Head) Match {
			text, _ := sized(head)
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

// sizesLine is the first line of word2vec's formats: the numbers of words and
// dimensions.
var sizesLine = regexp.MustCompile(`^(\d+)[ \t]+(\d+)[ \t]*\r?\n`)

// maxSizes is the longest first line, in bytes.
const maxSizes = 64

// sizesHeader returns a function that makes the first line for a number of rows.
func sizesHeader(dim int) func(rows int64) []byte {
	return func(rows int64) []byte { return fmt.Appendf(nil, "%d %d\n", rows, dim) }
}

// sizesOf returns the sizes that data starts with and the length of their line. ok is false if
// there are none or a file cannot have them.
func sizesOf(data []byte) (rows, dim, length int, ok bool) {
	m := sizesLine.FindSubmatch(data[:min(len(data), maxSizes)])
	if m == nil {
		return 0, 0, 0, false
	}
	rows, err1 := strconv.Atoi(string(m[1]))
	dim, err2 := strconv.Atoi(string(m[2]))
	return rows, dim, len(m[0]), err1 == nil && err2 == nil && rows > 0 && dim > 0 && dim <= MaxDim
}

// sized reports whether data starts with word2vec's first line, and whether text or binary
// values follow.
func sized(head Head) (text, binary bool) {
	if !sizesLine.Match(head.Data[:min(len(head.Data), maxSizes)]) {
		return false, false
	}
	rows, dim, n, ok := sizesOf(head.Data)
	row := head.Data[n:]
	if !ok && bytes.IndexByte(row, 0) >= 0 {
		return false, true
	}
	if !ok || len(row) == 0 || !(head.Whole && isBinary(row, rows, dim)) && readsAsText(row, dim) {
		return true, false
	}
	if head.Whole && len(row)/rows < 4*dim && isPrintable(row) { // too short for binary values
		return true, false
	}
	return false, true
}

// isPrintable reports whether data is UTF-8 without control characters.
func isPrintable(data []byte) bool {
	control := func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' }
	return utf8.Valid(data) && bytes.IndexFunc(data, control) < 0
}

// isBinary reports whether data is rows of a word and binary values, with nothing after them,
// and not text: its values contain bytes that text does not.
func isBinary(data []byte, rows, dim int) bool {
	odd := false
	for range rows {
		space := bytes.IndexByte(data, ' ')
		if space < 0 || space > maxWord || len(data) < space+1+4*dim {
			return false
		}
		for _, b := range data[space+1:][:4*dim] {
			odd = odd || b < ' ' && b != '\t' && b != '\n' && b != '\r' || b > '~'
		}
		data = data[space+1+4*dim:]
	}
	return odd && len(bytes.Trim(data, "\r\n")) == 0
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
