package text

import (
	"bufio"
	"bytes"
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/luminavec/luminavec/internal/fault"
)

// MaxRecord is the most bytes of a record of structured input: memory has to
// hold it.
const MaxRecord = 16 << 20

// Selection says which part of structured input is the text. At most one of
// Field and Column is set; the zero Selection takes every line as it is.
type Selection struct {
	// Field reads JSON Lines, one object a line, and takes the member of this
	// name: a string, or a list of strings, each of which begins a new line.
	// Dots lead into objects, "meta.title"; \. is a dot in a name. Blank lines
	// are passed over.
	Field string
	// Column reads CSV as of RFC 4180 and takes one column: by its name in the
	// header, which is then the first record of each file; or by its number from
	// 1, of files that have no header. Blank lines are passed over. Fields are
	// separated by tabs in a file named .tsv; in others by what stands outside
	// quotes in the first line: a comma, else a semicolon, else a tab if the file
	// is named .csv, and otherwise a tab, else a comma, else a semicolon.
	Column string
	// OneLine makes one line of each record, with a space for each line break of
	// its text, for who wants a vector or a document of each. Default: the lines
	// of the text are lines.
	OneLine bool
}

// Select makes Read take a part of structured input, in all files of the
// source. The lines of a text that has several carry the numbers they have in
// the file; in JSON, where a line break is written \n, that of their record.
//
// What does not fit the selection ends Read with an error that names file and
// line: data is not guessed at, nor left out without a word.
func (s *Source) Select(sel Selection) error {
	if sel.Field != "" && sel.Column != "" {
		return fault.New("a field is for JSON Lines, a column for CSV: read such files one kind at a time",
			"both a field, %q, and a column, %q, are selected", sel.Field, sel.Column)
	}
	if sel.Field != "" {
		for _, name := range FieldPath(sel.Field) {
			if name == "" {
				return fault.New(`names are joined by single dots: meta.title; \. is a dot in a name`, "the field %q has an empty name", sel.Field)
			}
		}
	}
	if n, numbered := sel.number(); numbered && n < 1 {
		return fault.New("columns are counted from 1", "there is no column %s", sel.Column)
	}
	s.selection = sel
	return nil
}

func (sel Selection) Structured() bool { return sel.Field != "" || sel.Column != "" }

// number returns the number that Column is, if it is one.
func (sel Selection) number() (n int, ok bool) {
	if sel.Column == "" || strings.Trim(sel.Column, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(sel.Column)
	return n, err == nil
}

// FieldPath cuts a field at its dots.
func FieldPath(field string) []string {
	const dot = "\x00" // in place of \. ; no name on a command line holds it
	parts := strings.Split(strings.ReplaceAll(field, `\.`, dot), ".")
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], dot, ".")
	}
	return parts
}

// Records hands out the selected texts of one file.
type Records struct {
	Ctx     context.Context
	source  *Source
	fn      func(Chunk) error
	File    string
	oneLine bool
	spare   []byte // for plain
	long    []byte // for readLine
}

// hand hands out the text of a record, which is UTF-8, as lines. Its first line
// has the given number, and each further one step more.
func (rs *Records) hand(text []byte, line, step int64) error {
	if err := rs.Ctx.Err(); err != nil {
		return err
	}
	text = bytes.TrimSuffix(text, []byte("\n")) // it ends the last line, and begins no other
	if bytes.ContainsAny(text, "\x00\r") || rs.oneLine {
		text = rs.plain(text)
	}
	for {
		rest := []byte(nil)
		end := bytes.IndexByte(text, '\n')
		if end >= 0 {
			text, rest = text[:end], text[end+1:]
		}
		for {
			n := len(text)
			if n > MaxChunk {
				n = cut(text[:MaxChunk])
			}
			last := n == len(text)
			if err := rs.fn(Chunk{Text: text[:n:n], File: rs.File, Line: line, LineEnd: last}); err != nil {
				return err
			}
			if last {
				break
			}
			text = text[n:]
		}
		rs.source.stats.Lines++
		if end < 0 {
			return nil
		}
		text = rest
		line += step
	}
}

// plain copies text with spaces for NUL, as Read has them everywhere, LF for
// CRLF, and with oneLine spaces for line breaks.
func (rs *Records) plain(text []byte) []byte {
	out := rs.spare[:0]
	for i, b := range text {
		switch {
		case b == 0:
			b = ' '
		case b == '\r' && (i+1 == len(text) || text[i+1] == '\n'):
			continue
		case b == '\n' && rs.oneLine:
			b = ' '
		}
		out = append(out, b)
	}
	rs.spare = out
	return out
}

// cleaner passes text on with U+FFFD for each byte that is not UTF-8 and a
// space for each NUL, counted by their places in the file. The breaks between
// lines stay as they are.
type cleaner struct {
	*liner // counts and repairs
	r      *bufio.Reader
	buf    []byte
	ready  []byte // what Read has next, of buf
	err    error
}

func (c *cleaner) Read(p []byte) (int, error) {
	for len(c.ready) == 0 {
		if c.err != nil {
			return 0, c.err
		}
		c.fill()
	}
	n := copy(p, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

// fill makes ready what has come in, and waits for more when that ends inside
// a character.
func (c *cleaner) fill() {
	window, err := c.r.Peek(1)
	if err == nil {
		window, err = c.r.Peek(c.r.Buffered())
	}
	n := wholeCharacters(window)
	for n == 0 && err == nil {
		window, err = c.r.Peek(len(window) + 1)
		n = wholeCharacters(window)
	}
	if n == 0 {
		c.err = err
		n = len(window) // the file ends inside a character
	}
	out := c.buf[:0]
	for rest := window[:n]; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			end = len(rest)
		}
		out = append(out, c.repaired(rest[:end])...)
		c.offset += int64(end)
		if rest[end-1] == '\n' {
			c.line++
			c.lineStart = c.offset
		}
		rest = rest[end:]
	}
	c.buf, c.ready = out, out
	if _, err := c.r.Discard(n); err != nil {
		c.err = err
	}
}

// wholeCharacters returns how much of text there is without a character cut by
// its end.
func wholeCharacters(text []byte) int {
	for i := len(text) - 1; i >= 0 && i > len(text)-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRune(text[i:]) {
				return i
			}
			break
		}
	}
	return len(text)
}

// longRecord is the error of a record over MaxRecord.
func longRecord(file string, line int64, hint string) error {
	return fault.New(hint, "%s:%d: the record is longer than %d MiB", Describe(file), line, MaxRecord>>20)
}
