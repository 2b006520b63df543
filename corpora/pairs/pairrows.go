package pairs

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// pairFormat is how rows lie in a file.
type pairFormat int

const (
	tsvFormat pairFormat = iota
	csvFormat
	jsonFormat
)

func (f pairFormat) String() string { return [...]string{"TSV", "CSV", "JSON Lines"}[f] }

// skipReason is the sort of a bad row.
type skipReason int

const (
	badColumns skipReason = iota
	badJSON
	badQuotes
	badField
	badEmpty
	badUnknown
	badScore
	badRange
	badLabel
	badNegative
	badLength
	skipReasons
)

func (r skipReason) String() string {
	return [...]string{"too few or too many columns", "no JSON object", "quotes that are not those of CSV", "a field that is missing or no text",
		"an empty text", "a text without a known token", "a score that is no number", "a score out of range", "a label that is not 0 or 1",
		"a negative that is the anchor or the positive", "too long"}[r]
}

// badRow is a row that can be passed over.
type badRow struct {
	reason  skipReason
	line    int64
	message string
	hint    string
}

func (b *badRow) Error() string { return b.message }

func bad(reason skipReason, line int64, hint, format string, args ...any) *badRow {
	return &badRow{reason, line, fmt.Sprintf(format, args...), hint}
}

// pairRow is a row as it stands in a file.
type pairRow struct {
	line   int64
	fields []string                   // of TSV and CSV
	object map[string]json.RawMessage // of JSON
	raw    []byte                     // of JSON: valid until the next row
}

// size is about the memory of a row.
func (r pairRow) size() (n int) {
	for _, f := range r.fields {
		n += len(f)
	}
	return n + len(r.raw)
}

// rowReader reads the rows of a file. The error is io.EOF at its end, a *badRow
// for a row that is no row, after which reading goes on, or what ends the reading.
type rowReader interface {
	read() (pairRow, error)
}

// rowLines cuts text into lines that memory can hold.
type rowLines struct {
	in   *bufio.Reader
	long []byte
	n    int64
	hint string
}

// next returns a line that is not blank, without its end, valid until the next call.
func (l *rowLines) next() ([]byte, error) {
	for {
		line, err := l.in.ReadSlice('\n')
		l.n++
		if err == bufio.ErrBufferFull {
			tooLong := false
			l.long = append(l.long[:0], line...)
			for err == bufio.ErrBufferFull {
				line, err = l.in.ReadSlice('\n')
				if tooLong = tooLong || len(l.long)+len(line) > text.MaxRecord; !tooLong {
					l.long = append(l.long, line...)
				}
			}
			if tooLong && (err == nil || err == io.EOF) {
				return nil, bad(badLength, l.n, l.hint, "the row is longer than %d MiB", text.MaxRecord>>20)
			}
			line = l.long
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(bytes.Trim(line, " \r")) > 0 { // a tab makes a row
			return line, nil
		}
		if err == io.EOF {
			return nil, io.EOF
		}
	}
}

// tsvRows reads text/tab-separated-values: no field holds a tab or a line break,
// and quotes are text. Writers of CSV quote fields of TSV too, so what is in quotes
// as a whole, with all quotes in it doubled, is taken out of them.
type tsvRows struct{ lines rowLines }

func newTSVRows(r io.Reader) *tsvRows {
	return &tsvRows{rowLines{in: bufio.NewReaderSize(r, 64<<10), hint: "does the file lack line breaks? a row is one line"}}
}

func (t *tsvRows) read() (pairRow, error) {
	line, err := t.lines.next()
	if err != nil {
		return pairRow{}, err
	}
	fields := strings.Split(string(line), "\t")
	for i, f := range fields {
		fields[i] = text.Unquoted(f)
	}
	return pairRow{line: t.lines.n, fields: fields}, nil
}

// csvRows reads CSV as of RFC 4180.
type csvRows struct {
	file   string
	in     *csv.Reader
	within *text.Limiter
}

func newCSVRows(file string, r io.Reader, comma rune) *csvRows {
	c := &csvRows{file: file, within: &text.Limiter{R: r}}
	c.in = csv.NewReader(bufio.NewReaderSize(c.within, text.LimitSlack))
	c.in.Comma, c.in.FieldsPerRecord = comma, -1
	return c
}

func (c *csvRows) read() (pairRow, error) {
	start := c.in.InputOffset()
	c.within.Until = start + text.MaxRecord + text.LimitSlack
	fields, err := c.in.Read()
	if errors.Is(err, text.ErrTooLong) || err == nil && c.in.InputOffset()-start > text.MaxRecord {
		return pairRow{}, fault.New(`a quoted field may lack its closing quote: look there for a " that is part of the text, and write it ""`,
			"%s: the row that begins %d bytes into the text is longer than %d MiB", text.Describe(c.file), start, text.MaxRecord>>20)
	}
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		const hint = `put the whole field in quotes, and write each quote in it twice: "a ""quoted"" word"`
		if parse.Line > parse.StartLine && c.within.Ended && c.in.InputOffset() == c.within.N {
			// All that follows was taken for one field: to pass over it would lose it.
			return pairRow{}, fault.New(hint, "%s:%d: a quoted field of this row does not end, up to the end of the file", text.Describe(c.file), parse.StartLine)
		}
		what := "a quoted field does not end as it should"
		if parse.Err == csv.ErrBareQuote {
			what = "a quote inside a field that does not begin with one"
		}
		return pairRow{}, bad(badQuotes, int64(parse.StartLine), hint, "%s: line %d, byte %d", what, parse.Line, parse.Column)
	}
	if err != nil {
		return pairRow{}, err
	}
	line, _ := c.in.FieldPos(0)
	return pairRow{line: int64(line), fields: fields}, nil
}

// jsonRows reads JSON Lines.
type jsonRows struct{ lines rowLines }

func newJSONRows(r io.Reader) *jsonRows {
	return &jsonRows{rowLines{in: bufio.NewReaderSize(r, 64<<10), hint: text.HintJSONLines}}
}

func (j *jsonRows) read() (pairRow, error) {
	line, err := j.lines.next()
	if err != nil {
		return pairRow{}, err
	}
	row := pairRow{line: j.lines.n, raw: line}
	line = bytes.TrimSpace(line)
	if err := json.Unmarshal(line, &row.object); err != nil || row.object == nil {
		what := text.KindOf(line)
		if !json.Valid(line) {
			what = "no JSON"
		}
		return pairRow{}, bad(badJSON, row.line, text.HintJSONLines, "the line is %s, not a JSON object", what)
	}
	return row, nil
}

// newRowReader finds the format of a file by its name and first line.
func newRowReader(file string, first []byte, r io.Reader) (pairFormat, rowReader, error) {
	line, _, whole := bytes.Cut(first, []byte("\n"))
	line = bytes.TrimSpace(line)
	ext := text.UnpackedExt(file)
	switch named := ext == ".jsonl" || ext == ".ndjson" || ext == ".json"; {
	case ext == ".json" && len(line) > 0 && line[0] == '[':
		return 0, nil, fault.New(text.HintJSONLines, "%s is a JSON list, not JSON Lines", text.Describe(file))
	case named, len(line) > 0 && line[0] == '{' && (!whole || json.Valid(line)):
		return jsonFormat, newJSONRows(r), nil
	case ext == ".tsv", ext != ".csv" && bytes.IndexByte(line, '\t') >= 0:
		return tsvFormat, newTSVRows(r), nil
	}
	return csvFormat, newCSVRows(file, r, text.Delimiter(file, first)), nil
}
