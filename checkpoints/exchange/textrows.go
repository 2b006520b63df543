package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/luminavec/luminavec/internal/fault"
)

const (
	maxWord  = 64 << 10 // maximum bytes of a word
	maxValue = 64       // bytes of a number in text, on average over a line
)

// textRows reads lines of a word and its values, for the formats word2vec and glove.
// Spaces or tabs separate them; a carriage return and white space at the end of a
// line, and blank lines, are ignored.
//
// A word may contain spaces, as in the GloVe file of 840 billion tokens: the last
// values of a line are the vector, and what precedes them is the word. But a line
// whose word would end in a number with a decimal point has too many values.
type textRows struct {
	v      *Vectors
	r      *bufio.Reader
	line   int64 // number of the last one
	long   []byte
	values []float32
}

func (t *textRows) Place() string { return fmt.Sprintf("%s:%d", t.v.Name(), t.line) }

func (t *textRows) Next() (Row, error) {
	if t.values == nil {
		t.values = make([]float32, t.v.Dim)
	}
	for {
		line, err := t.readLine()
		if err != nil {
			return Row{}, err
		}
		line = bytes.TrimRight(line, " \t\r\n")
		if len(line) == 0 {
			continue
		}
		if t.v.Rows > 0 && t.v.stats.Rows == t.v.Rows {
			return Row{}, fault.New("the number of words in the first line is wrong, or files were concatenated: write it again",
				"%s: more data after the last of %d rows", t.Place(), t.v.Rows)
		}
		token, ok := t.simple(line)
		if !ok {
			if token, err = t.careful(line); err != nil {
				return Row{}, err
			}
		}
		return Row{Token: token, Count: -1, Values: t.values}, nil
	}
}

// readLine returns the next line, which is valid until the next call.
func (t *textRows) readLine() ([]byte, error) {
	line, err := t.r.ReadSlice('\n')
	t.line++
	if errors.Is(err, bufio.ErrBufferFull) {
		t.long = t.long[:0]
		for errors.Is(err, bufio.ErrBufferFull) {
			t.long = append(t.long, line...)
			if len(t.long) > maxWord+maxValue*t.v.Dim {
				return nil, fault.New(Hint(), "%s: a line of more than %d bytes is not a word and %d values", t.Place(), len(t.long), t.v.Dim)
			}
			line, err = t.r.ReadSlice('\n')
		}
		t.long = append(t.long, line...)
		line = t.long
	}
	if err == io.EOF && len(line) > 0 {
		err = nil
	}
	return line, err
}

// simple parses a line whose word contains no space, as most lines are.
func (t *textRows) simple(line []byte) (token []byte, ok bool) {
	at := 0
	for at < len(line) && line[at] != ' ' && line[at] != '\t' {
		at++
	}
	token = line[:at]
	for i := range t.values {
		if at >= len(line) { // a value is missing
			return nil, false
		}
		at++
		v, n, err := scanFloat(line[at:])
		if err != nil {
			return nil, false
		}
		t.values[i] = v
		at += n
	}
	return token, at == len(line)
}

// careful parses any line from its end, or returns an error that describes what is wrong.
func (t *textRows) careful(line []byte) (token []byte, err error) {
	dim := len(t.values)
	for i := dim - 1; i >= 0; i-- {
		line = bytes.TrimRight(line, " \t")
		start := bytes.LastIndexAny(line, " \t") + 1
		if start == 0 {
			return nil, fault.New(hintRow, "%s: expected %s but found %d", t.Place(), fault.Count(dim, "value"), dim-1-i)
		}
		v, _, err := scanFloat(line[start:])
		if err != nil {
			if errors.Is(err, strconv.ErrRange) {
				return nil, fault.New("every value must fit a float32", "%s: value %d, %.40q, is out of range", t.Place(), i+1, line[start:])
			}
			return nil, fault.New(hintRow, "%s: value %d of %d, %.40q, is not a number", t.Place(), i+1, dim, line[start:])
		}
		t.values[i], line = v, line[:start]
	}
	token = bytes.TrimRight(line, " \t")
	last := token[bytes.LastIndexAny(token, " \t")+1:]
	if len(last) < len(token) && bytes.ContainsAny(last, ".") {
		if isNumber(last) {
			return nil, fault.New(hintRow, "%s: more than %d values", t.Place(), dim)
		}
	}
	return token, nil
}

const hintRow = "each line is a word and its values, as many as in the other lines"

// isNumber reports whether a field is a number, even one that float32 cannot hold.
func isNumber(field []byte) bool {
	_, _, err := scanFloat(field)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

func isSeparator(r rune) bool { return r == ' ' || r == '\t' }

// appendLine appends a word and its values as text.
func appendLine(b []byte, row Row) []byte {
	b = append(b, row.Token...)
	for _, v := range row.Values {
		b = append(b, ' ')
		b = strconv.AppendFloat(b, float64(v), 'g', -1, 32)
	}
	return append(b, '\n')
}
