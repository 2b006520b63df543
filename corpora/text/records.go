package text

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// readRecords hands out what is selected of one file.
func (s *Source) readRecords(ctx context.Context, l *liner, r *bufio.Reader) error {
	rs := &Records{Ctx: ctx, source: s, fn: l.fn, File: l.file, oneLine: s.selection.OneLine}
	c := &cleaner{liner: l, r: r}
	if s.selection.Field != "" {
		return rs.readJSON(c, FieldPath(s.selection.Field))
	}
	first, err := FirstLine(r)
	if err != nil {
		return err
	}
	return rs.readCSV(c, Delimiter(l.file, first))
}

const HintJSONLines = "each line has to be one JSON object; jq -c . FILE makes such lines of any JSON, jq -c '.[]' FILE of a list"

// readJSON reads JSON Lines.
func (rs *Records) readJSON(c io.Reader, path []string) error {
	var text []byte
	return rs.EachLine(c, HintJSONLines, func(line []byte, number int64) error {
		value, bad := Member(bytes.TrimSpace(line), path)
		if bad == nil {
			text, bad = appendStrings(text[:0], value, path)
		}
		if bad != nil {
			return fault.New(fault.Hint(bad), "%s:%d: %w", Describe(rs.File), number, bad)
		}
		return rs.hand(text, number, 0)
	})
}

// Member returns the value that path leads to in a JSON object.
func Member(object []byte, path []string) (json.RawMessage, error) {
	value := json.RawMessage(object)
	for i, name := range path {
		if k := KindOf(value); k != "an object" {
			if i > 0 {
				return nil, fault.New("name a field that is a string; dots lead into objects only", "field %q is %s, not an object", Joined(path[:i]), k)
			}
			if !json.Valid(value) {
				k = "no JSON"
			}
			return nil, fault.New(HintJSONLines, "the line is %s, not a JSON object", k)
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(value, &members); err != nil {
			return nil, fault.New(HintJSONLines, "the line is no JSON object: %w", err)
		}
		var ok bool
		if value, ok = members[name]; !ok {
			return nil, fault.New("select a field that every record has, or leave out the records without it: jq -c 'select(has(\"text\"))' FILE",
				"the record has no field %q, but %s", Joined(path[:i+1]), Listed(slices.Sorted(maps.Keys(members))))
		}
	}
	return value, nil
}

// appendStrings appends a string, or the strings of a list with line breaks
// between them.
func appendStrings(dst []byte, value json.RawMessage, path []string) ([]byte, error) {
	const hint = "select a field that is a string, or a list of strings, in every record"
	switch k := KindOf(value); k {
	case "a string":
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return dst, fault.New(hint, "field %q: %w", Joined(path), err)
		}
		return append(dst, text...), nil
	case "a list":
		var items []json.RawMessage
		if err := json.Unmarshal(value, &items); err != nil {
			return dst, fault.New(hint, "field %q: %w", Joined(path), err)
		}
		for i, item := range items {
			if k := KindOf(item); k != "a string" {
				return dst, fault.New(hint, "field %q: item %d of the list is %s, not a string", Joined(path), i+1, k)
			}
			if i > 0 {
				dst = append(dst, '\n')
			}
			var err error
			if dst, err = appendStrings(dst, item, path); err != nil {
				return dst, err
			}
		}
		return dst, nil
	default:
		return dst, fault.New(hint, "field %q is %s, not a string", Joined(path), k)
	}
}

// KindOf says what a JSON value is, by its first byte.
func KindOf(value []byte) string {
	if len(value) == 0 {
		return "empty"
	}
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

// Joined is a field as it is written in a Selection.
func Joined(path []string) string {
	parts := make([]string, len(path))
	for i, name := range path {
		parts[i] = strings.ReplaceAll(name, ".", `\.`)
	}
	return strings.Join(parts, ".")
}

// Listed quotes names for a message, the first of them if they are many.
func Listed(names []string) string {
	const most = 20
	if len(names) == 0 {
		return "none at all"
	}
	var b strings.Builder
	for i, name := range names {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(names)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%.60q", name)
	}
	return b.String()
}

// readCSV reads separated values.
func (rs *Records) readCSV(c io.Reader, comma rune) error {
	number, numbered := rs.source.selection.number()
	at, header := number-1, !numbered
	var text []byte
	return rs.EachCSV(c, comma, func(in *csv.Reader, record []string) (err error) {
		if header {
			header = false
			at, err = rs.findColumn(record, comma)
			return err
		}
		line, _ := in.FieldPos(0)
		if at >= len(record) {
			return fault.New("choose a column that is there; "+separatedBy(comma), "%s:%d: the record has %d columns, and no column %d",
				Describe(rs.File), line, len(record), at+1)
		}
		line, _ = in.FieldPos(at)
		text = append(text[:0], record[at]...)
		step := int64(1)
		if rs.oneLine {
			step = 0
		}
		return rs.hand(text, int64(line), step)
	})
}

// eachCSV calls fn with each record of separated values, valid until fn returns.
func (rs *Records) EachCSV(c io.Reader, comma rune, fn func(in *csv.Reader, record []string) error) error {
	within := &Limiter{R: c}
	in := csv.NewReader(bufio.NewReaderSize(within, LimitSlack)) // csv takes this buffer for its own
	in.Comma, in.ReuseRecord = comma, true
	next := 1 // the line where the next record begins, or a blank one before it
	for {
		start := in.InputOffset()
		within.Until = start + MaxRecord + LimitSlack
		record, err := in.Read()
		if err == io.EOF {
			return nil
		}
		if err == nil && in.InputOffset()-start > MaxRecord {
			err = ErrTooLong
		}
		if err != nil {
			return rs.csvError(in, next, len(record), err)
		}
		last := len(record) - 1
		next, _ = in.FieldPos(last)
		next += 1 + strings.Count(record[last], "\n")
		if err := fn(in, record); err != nil {
			return err
		}
	}
}

// findColumn returns where the header has the selected name.
func (rs *Records) findColumn(header []string, comma rune) (int, error) {
	name := rs.source.selection.Column
	at := slices.Index(header, name)
	if at < 0 {
		return 0, fault.New("name a column of the header, or give a number if the file has no header; "+separatedBy(comma),
			"%s:1: there is no column %q in the header: %s", Describe(rs.File), name, Listed(header))
	}
	if slices.Contains(header[at+1:], name) {
		return 0, fault.New("give one of them another name", "%s:1: two columns have the name %q: %s", Describe(rs.File), name, Listed(header))
	}
	return at, nil
}

// csvError names the place of what in.Read returned, together with so many
// fields, of a record that was to begin at a line.
func (rs *Records) csvError(in *csv.Reader, line, fields int, err error) error {
	if err == ErrTooLong {
		return longRecord(rs.File, int64(line), `a quoted field may lack its closing quote: look there for a " that is part of the text, and write it ""`)
	}
	var bad *csv.ParseError
	if !errors.As(err, &bad) {
		return err
	}
	file := Describe(rs.File)
	switch bad.Err {
	case csv.ErrFieldCount:
		return fault.New("quote a field that holds the separator or a line break; "+separatedBy(in.Comma),
			"%s:%d: the number of fields is %d, and %d in the records before", file, bad.StartLine, fields, in.FieldsPerRecord)
	case csv.ErrBareQuote:
		return fault.New(`put the whole field in quotes, and write each quote in it twice: "a ""quoted"" word"`,
			"%s:%d: byte %d: a quote inside a field that does not begin with one", file, bad.Line, bad.Column)
	case csv.ErrQuote:
		return fault.New(`in a quoted field write each quote twice: "a ""quoted"" word"`,
			"%s:%d: byte %d: a quoted field does not end as it should; the record begins in line %d", file, bad.Line, bad.Column, bad.StartLine)
	}
	return fmt.Errorf("%s:%d: %w", file, bad.StartLine, bad.Err)
}

func separatedBy(comma rune) string {
	return "the fields are taken to be separated by " + map[rune]string{',': "commas", '\t': "tabs", ';': "semicolons"}[comma]
}

// LimitSlack is what csv reads ahead.
const LimitSlack = 64 << 10

// Limiter ends a stream with errTooLong at a place that is moved on while
// records come to their ends, so that a quote without its fellow does not read
// a whole file into memory.
type Limiter struct {
	R     io.Reader
	N     int64
	Until int64
	Ended bool // r has
}

func (l *Limiter) Read(p []byte) (int, error) {
	if l.N >= l.Until {
		return 0, ErrTooLong
	}
	n, err := l.R.Read(p[:min(int64(len(p)), l.Until-l.N)])
	l.N += int64(n)
	l.Ended = l.Ended || err == io.EOF
	return n, err
}

// FirstLine returns what there is of the first line that is not blank, or more.
func FirstLine(r *bufio.Reader) ([]byte, error) {
	for n := 1; ; n++ {
		head, err := r.Peek(max(n, r.Buffered()))
		n = len(head)
		if text := bytes.TrimLeft(head, "\r\n"); bytes.IndexByte(text, '\n') >= 0 || err == io.EOF || err == bufio.ErrBufferFull {
			return text, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// Delimiter returns what separates the fields of a file, see Selection.
func Delimiter(file string, first []byte) rune {
	order := "\t,;"
	switch UnpackedExt(file) {
	case ".tsv":
		return '\t'
	case ".csv":
		order = ",;\t"
	}
	quoted := false
	found := ""
	for _, b := range first {
		switch {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '\n':
			first = nil
		case strings.IndexByte(order, b) >= 0:
			found += string(rune(b))
		}
		if first == nil {
			break
		}
	}
	for _, d := range order {
		if strings.ContainsRune(found, d) {
			return d
		}
	}
	return ','
}

// UnpackedExt returns the ending of a file's name in small letters, that of what
// is compressed in it: .tsv of Pairs.TSV.gz.
func UnpackedExt(file string) string {
	name := strings.ToLower(file)
	for _, packed := range []string{".gz", ".bz2", ".zst"} {
		name = strings.TrimSuffix(name, packed)
	}
	return filepath.Ext(name)
}
