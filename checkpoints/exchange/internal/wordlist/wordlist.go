// Package wordlist reads the words of rows that have none: a word per line, or an array of strings.
package wordlist

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/fields"
	"github.com/luminavec/luminavec/checkpoints/exchange/internal/npyfile"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

const hint = "list the words of these vectors, one per line, in the order of the rows"

// List reads a word per line, with or without a tab and its count, for a format
// whose rows have no words.
type List struct {
	name   string
	r      *bufio.Reader
	line   int64
	spaced bool          // a space separates a word and its count, as word2vec and GloVe write them
	array  *bufio.Reader // of an array of strings instead of lines; nil: none
	raw    []byte        // one of its strings
	wide   bool          // of 32-bit characters
	token  []byte
	ids    bool // a line is an id and fields, separated by tabs
}

// Open returns the list of the lines of r.
func Open(name string, r *bufio.Reader) *List {
	w := &List{name: name, r: r}
	head, err := w.r.Peek(w.r.Size())
	if text.EndsAtCR(head) {
		w.r = bufio.NewReaderSize(text.CRReader{Text: w.r}, w.r.Size())
		head, err = w.r.Peek(w.r.Size())
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		w.r.Discard(3)
		head = head[3:]
	}
	w.spaced = countedBySpace(head, err == io.EOF)
	return w
}

// OfIDs returns the list of the lines of r, of which the first has been read: an id and fields,
// separated by tabs.
func OfIDs(name string, r *bufio.Reader) *List { return &List{name: name, r: r, line: 1, ids: true} }

// OfArray returns the list of the strings of a NumPy array: bytes or, if wide, characters of 32 bits, of
// width bytes.
func OfArray(name string, r *bufio.Reader, width int, wide bool) *List {
	return &List{name: name, array: r, raw: make([]byte, width), wide: wide}
}

// IDs reports whether the words are ids.
func (w *List) IDs() bool { return w.ids }

var wordAndCount = regexp.MustCompile(`^[^ \t]+ \d+[ \t\r]*$`)

// countedBySpace reports whether each of several lines is a word, a space and a count, which
// never grows.
func countedBySpace(head []byte, whole bool) bool {
	last := int64(math.MaxInt64)
	n := 0
	for len(head) > 0 {
		line, rest, ended := bytes.Cut(head, []byte("\n"))
		if head = rest; !ended && !whole {
			break
		}
		if !wordAndCount.Match(line) {
			return false
		}
		count, err := strconv.ParseInt(string(bytes.Fields(line)[1]), 10, 64)
		if err != nil || count > last {
			return false
		}
		last = count
		n++
	}
	return n > 1
}

// Next returns the word of row i of n (from 0) of the file and its count, -1 if it has none. At i = n it
// returns io.EOF, or an error if the list is longer.
func (w *List) Next(file string, i, n int64) ([]byte, int64, error) {
	token, count, err := w.read()
	switch {
	case err == io.EOF && i < n:
		err = fault.New(hint, "%s: ends after %s, but %s has more rows", w.name, fault.Count(int(i), "word"), file)
	case err == nil && i == n:
		err = fault.New(hint, "%s:%d: more words than the %s of %s", w.name, w.line, fault.Count(int(n), "row"), file)
	}
	return token, count, err
}

func (w *List) read() ([]byte, int64, error) {
	if w.array != nil {
		return w.readArray()
	}
	line, err := w.r.ReadSlice('\n')
	if err == io.EOF && len(line) > 0 {
		err = nil
	}
	if errors.Is(err, bufio.ErrBufferFull) {
		err = fault.New(hint, "%s:%d: line too long for a word", w.name, w.line+1)
	}
	if err != nil {
		return nil, 0, err
	}
	if w.line++; w.line == 1 {
		line = bytes.TrimPrefix(line, []byte("\ufeff")) // a byte order mark
	}
	separator := []byte("\t")
	if w.ids {
		id, _, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), separator)
		return []byte(fields.Unescape(string(id))), -1, nil
	}
	if w.spaced {
		line, separator = bytes.TrimRight(line, " \t\r\n"), []byte(" ")
	}
	token, digits, counted := bytes.Cut(bytes.TrimRight(line, "\r\n"), separator)
	if !counted {
		return token, -1, nil
	}
	count, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil || count < 0 {
		return nil, 0, fault.New("each line is a word, or a word, a tab and its count", "%s:%d: count %.60q is not a number", w.name, w.line, digits)
	}
	return token, count, nil
}

// readArray returns the next string of an array: bytes, or 32-bit characters, padded with zeros.
func (w *List) readArray() ([]byte, int64, error) {
	if _, err := io.ReadFull(w.array, w.raw); err != nil {
		if errors.Is(err, io.EOF) || len(w.raw) == 0 {
			return nil, 0, err
		}
		return nil, 0, fault.New("the file is damaged: write or copy it again", "%s: word %d: %w", w.name, w.line+1, err)
	}
	w.line++
	if !w.wide {
		return bytes.TrimRight(w.raw, "\x00"), -1, nil
	}
	w.token = npyfile.AppendString(w.token[:0], w.raw)
	return bytes.TrimRight(w.token, "\x00"), -1, nil
}
