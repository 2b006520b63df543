package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/wordlist"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/textlook"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/internal/fault"
)

const (
	maxWord  = textlook.MaxWord
	maxValue = 64 // bytes of a number in text, on average over a line
)

// textLines reads the lines of a text.
type textLines struct {
	v    *Vectors
	r    *bufio.Reader
	line int64 // number of the last one
	long []byte
}

func (t *textLines) Place() string { return fmt.Sprintf("%s:%d", t.v.Name(), t.line) }

// readLine returns the next line, of at most about most bytes, without white space at its end.
// It is valid until the next call.
func (t *textLines) readLine(most int) ([]byte, error) {
	line, err := t.r.ReadSlice('\n')
	t.line++
	if errors.Is(err, bufio.ErrBufferFull) {
		t.long = t.long[:0]
		for errors.Is(err, bufio.ErrBufferFull) {
			t.long = append(t.long, line...)
			if len(t.long) > most {
				return nil, fault.New(Hint(), "%s: a line of more than %d bytes is not a word and its %d values", t.Place(), len(t.long), t.v.Dim)
			}
			line, err = t.r.ReadSlice('\n')
		}
		t.long = append(t.long, line...)
		line = t.long
	}
	if err == io.EOF && len(line) > 0 {
		err = nil
	}
	return bytes.TrimRight(line, " \t\r\n"), err
}

// textRows reads lines of a word and its values, for the formats word2vec and glove, or of
// values alone, for tsv. Spaces or tabs separate them; a carriage return and white space at the
// end of a line, and blank lines, are ignored.
//
// A word may contain spaces, as in the GloVe file of 840 billion tokens: the last
// values of a line are the vector, and what precedes them is the word. But a line
// whose word would end in a number with a decimal point has too many values.
type textRows struct {
	textLines
	bare   bool           // lines are values alone
	words  *wordlist.List // of bare lines; nil: none are wanted
	values []float32
}

func (t *textRows) Next() (row Row, err error) {
	if t.values == nil {
		t.values = make([]float32, t.v.Dim)
	}
	var line []byte
	for len(line) == 0 {
		if line, err = t.readLine(maxWord + maxValue*t.v.Dim); err != nil {
			if err == io.EOF && t.words != nil {
				_, _, err = t.words.Next(t.v.Name(), t.v.stats.Rows, t.v.stats.Rows)
			}
			return Row{}, err
		}
	}
	if t.v.Rows > 0 && t.v.stats.Rows == t.v.Rows {
		return Row{}, t.v.tooMany(t.Place())
	}
	row = Row{Count: -1, Values: t.values}
	var ok bool
	if row.Token, ok = t.simple(line); !ok {
		if row.Token, err = t.careful(line); err != nil {
			return Row{}, t.v.partialLine(t.r, err)
		}
	}
	if t.words != nil {
		row.Token, row.Count, err = t.words.Next(t.v.Name(), t.v.stats.Rows, t.v.stats.Rows+1)
	}
	return row, err
}

// simple parses a line whose word contains no space, as most lines are.
func (t *textRows) simple(line []byte) (token []byte, ok bool) {
	at := 0
	if t.bare {
		line = bytes.TrimLeft(line, " \t")
		at = -1
	}
	for !t.bare && at < len(line) && line[at] != ' ' && line[at] != '\t' {
		at++
	}
	token = line[:max(at, 0)]
	for i := range t.values {
		if at >= len(line) { // a value is missing
			return nil, false
		}
		at++
		v, n, err := number.Scan(line[at:])
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
	hintRow := hintRow
	if t.bare {
		hintRow = hintBare
	}
	for i := dim - 1; i >= 0; i-- {
		line = bytes.TrimRight(line, " \t")
		start := bytes.LastIndexAny(line, " \t") + 1
		if start == len(line) || start == 0 && !(t.bare && i == 0) {
			return nil, fault.New(hintRow, "%s: expected %s but found %d", t.Place(), fault.Count(dim, "value"), dim-1-i)
		}
		v, _, err := number.Scan(line[start:])
		if err != nil {
			if errors.Is(err, strconv.ErrRange) {
				return nil, fault.New("every value must fit a float32", "%s: value %d, %.40q, is out of range", t.Place(), i+1, line[start:])
			}
			return nil, fault.New(hintRow, "%s: value %d of %d, %.40q, is not a number", t.Place(), i+1, dim, line[start:])
		}
		t.values[i], line = v, line[:start]
	}
	token = bytes.TrimRight(line, " \t")
	if t.bare && len(token) > 0 {
		return nil, fault.New(hintBare, "%s: more than %s", t.Place(), fault.Count(dim, "value"))
	}
	last := token[bytes.LastIndexAny(token, " \t")+1:]
	if len(last) < len(token) && bytes.ContainsAny(last, ".") {
		if number.Is(last) {
			return nil, fault.New(hintRow, "%s: more than %d values", t.Place(), dim)
		}
	}
	return token, nil
}

const (
	hintRow  = "each line is a word and its values, as many as in the other lines"
	hintBare = "each line is as many values as the other lines, without a word"
)

// appendLine appends a word and its values as text.
func appendLine(b []byte, row Row) []byte {
	b = append(b, row.Token...)
	for _, v := range row.Values {
		b = append(b, ' ')
		b = strconv.AppendFloat(b, float64(v), 'g', -1, 32)
	}
	return append(b, '\n')
}
