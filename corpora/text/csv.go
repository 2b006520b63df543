package text

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// CSV is the format of RFC 4180, with fields separated by commas, semicolons or tabs. Blank
// lines are skipped. If the records are read as pairs, they may differ in their number of
// fields.
var CSV = Register(&Format{Name: "CSV", Detect: detectCSV, Open: openCSV})

// detectCSV accepts any file of rows, as a fallback when no other format is more confident.
func detectCSV(h Head) Confidence {
	if h.Use == ForField {
		return No
	}
	return Possible
}

func openCSV(f *File) (RecordReader, error) {
	c := &csvRecords{within: &limiter{r: f}, next: Position{File: f.Name, Line: 1}}
	c.in = csv.NewReader(bufio.NewReaderSize(c.within, limitSlack)) // csv uses this buffer instead of its own
	c.in.Comma, c.in.ReuseRecord = delimiter(f.Head), true
	if f.Use == ForPairs {
		c.in.FieldsPerRecord = -1
	}
	c.fieldLine = func(i int) int { line, _ := c.in.FieldPos(i); return line }
	return c, nil
}

type csvRecords struct {
	in        *csv.Reader
	within    *limiter
	next      Position // the start of the next record, or of a blank line before it
	fieldLine func(i int) int
}

func (c *csvRecords) Next(r *Record) error {
	start := c.in.InputOffset()
	c.within.until = start + MaxRecord + limitSlack
	fields, err := c.in.Read()
	if errors.Is(err, errTooLong) || err == nil && c.in.InputOffset()-start > MaxRecord {
		return c.next.Errorf(`a closing quote may be missing; inside a quoted field, write a literal " as ""`,
			"the record is longer than %d MiB", MaxRecord>>20)
	}
	var bad *csv.ParseError
	if errors.As(err, &bad) {
		c.next.Line = int64(bad.Line) + 1
		return c.bad(bad, len(fields))
	}
	if err != nil {
		return err
	}
	at := Position{File: c.next.File, Line: int64(c.fieldLine(0))}
	last := len(fields) - 1
	c.next.Line = int64(c.fieldLine(last)+strings.Count(fields[last], "\n")) + 1
	*r = Record{Position: at, Fields: fields, Separator: c.in.Comma, fieldLine: c.fieldLine}
	return nil
}

// bad returns the error for a malformed record with the given number of fields.
func (c *csvRecords) bad(bad *csv.ParseError, fields int) error {
	const hint = `put the whole field in quotes, and write each quote in it twice: "a ""quoted"" word"`
	start := Position{File: c.next.File, Line: int64(bad.StartLine)}
	if bad.Err == csv.ErrFieldCount {
		return &BadRecord{start, Malformed, fault.New("quote a field that holds the separator or a line break; "+separatedBy(c.in.Comma),
			"expected %s as in the first record but found %d", fault.Count(c.in.FieldsPerRecord, "field"), fields)}
	}
	if bad.Line > bad.StartLine && c.within.ended && c.in.InputOffset() == c.within.n {
		// The rest of the file was read as one field, so skipping it would lose data.
		return start.Errorf(hint, "a quoted field of this record is not closed before the end of the file")
	}
	what := "a quoted field is not closed correctly"
	if bad.Err == csv.ErrBareQuote {
		what = "a quote inside an unquoted field"
	}
	if bad.Line > bad.StartLine {
		return &BadRecord{Position{File: start.File, Line: int64(bad.Line), Byte: int64(bad.Column)}, Misquoted, fault.New(hint, "%s; the record starts on line %d", what, bad.StartLine)}
	}
	return &BadRecord{Position{File: start.File, Line: int64(bad.Line), Byte: int64(bad.Column)}, Misquoted, fault.New(hint, "%s", what)}
}

// separatedBy returns the part of a hint that names the separator in use.
func separatedBy(comma rune) string {
	name, ok := map[rune]string{',': "commas", '\t': "tabs", ';': "semicolons"}[comma]
	if !ok {
		return "the record has no columns"
	}
	return "the fields are assumed to be separated by " + name
}

// delimiter returns the separator of the fields of a file. For sets it is a comma if the first
// line has one, otherwise a semicolon; for other uses see Selection.Column.
func delimiter(h Head) rune {
	if h.Use == ForSets {
		if line, _ := h.Line(); bytes.IndexByte(line, ',') < 0 && bytes.IndexByte(line, ';') >= 0 {
			return ';'
		}
		return ','
	}
	order := "\t,;"
	switch h.Ext() {
	case ".tsv":
		return '\t'
	case ".csv":
		order = ",;\t"
	}
	quoted := false
	found := ""
scan:
	for _, b := range h.First {
		switch {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '\n':
			break scan
		case strings.IndexByte(order, b) >= 0:
			found += string(rune(b))
		}
	}
	for _, d := range order {
		if strings.ContainsRune(found, d) {
			return d
		}
	}
	return ','
}

var errTooLong = errors.New("longer than a record may be")

// limitSlack is the number of bytes that csv may read ahead.
const limitSlack = 64 << 10

// limiter ends a stream with errTooLong at a limit that advances with each record, so that an
// unclosed quote does not read the whole file into memory.
type limiter struct {
	r     io.Reader
	n     int64
	until int64
	ended bool // r has ended
}

func (l *limiter) Read(p []byte) (int, error) {
	if l.n >= l.until {
		return 0, errTooLong
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.until-l.n)])
	l.n += int64(n)
	l.ended = l.ended || err == io.EOF
	return n, err
}
