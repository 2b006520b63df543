package textlook

import (
	"bytes"
	"regexp"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"
)

// MaxWord is the maximum length of a word, in bytes.
const MaxWord = 64 << 10

// IsSeparator reports whether a character separates words and values.
func IsSeparator(r rune) bool { return r == ' ' || r == '\t' }

// SizesLine is the first line of word2vec's formats: the numbers of words and
// dimensions.
var SizesLine = regexp.MustCompile(`^(\d+)[ \t]+(\d+)[ \t]*\r?\n`)

// MaxSizes is the longest first line, in bytes.
const MaxSizes = 64

// Sizes returns the sizes that data starts with and the length of their line. ok is false if
// there are none or a file cannot have them.
func Sizes(data []byte) (rows, dim, length int, ok bool) {
	m := SizesLine.FindSubmatch(data[:min(len(data), MaxSizes)])
	if m == nil {
		return 0, 0, 0, false
	}
	rows, err1 := strconv.Atoi(string(m[1]))
	dim, err2 := strconv.Atoi(string(m[2]))
	return rows, dim, len(m[0]), err1 == nil && err2 == nil && rows > 0 && dim > 0 && dim <= number.MaxDim
}

// Sized reports whether data starts with word2vec's first line, and whether text or binary
// values follow.
func Sized(data []byte, whole bool) (text, binary bool) {
	if !SizesLine.Match(data[:min(len(data), MaxSizes)]) {
		return false, false
	}
	rows, dim, n, ok := Sizes(data)
	row := data[n:]
	if !ok && bytes.IndexByte(row, 0) >= 0 {
		return false, true
	}
	if !ok || len(row) == 0 || !(whole && isBinary(row, rows, dim)) && readsAsText(row, dim) {
		return true, false
	}
	if whole && len(row)/rows < 4*dim && isPrintable(row) { // too short for binary values
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
		if space < 0 || space > MaxWord || len(data) < space+1+4*dim {
			return false
		}
		for _, b := range data[space+1:][:4*dim] {
			odd = odd || b < ' ' && b != '\t' && b != '\n' && b != '\r' || b > '~'
		}
		data = data[space+1+4*dim:]
	}
	return odd && len(bytes.Trim(data, "\r\n")) == 0
}

// readsAsText distinguishes text from binary by the first row after the sizes: binary
// values contain bytes that numbers in text do not.
func readsAsText(row []byte, dim int) bool {
	line, _, whole := bytes.Cut(row, []byte("\n"))
	line = bytes.TrimRight(line, " \t\r")
	fields := bytes.FieldsFunc(line, IsSeparator)
	if whole && len(fields) > dim { // the word may be of any bytes
		numbers := 0
		for _, f := range fields[len(fields)-dim:] {
			if number.Is(f) {
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
		if number.Is(f) {
			return true
		}
	}
	return false
}
