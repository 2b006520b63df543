package text

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

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
		for _, name := range ParsePath(sel.Field) {
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

func (sel Selection) structured() bool { return sel.Field != "" || sel.Column != "" }

// number returns the number that Column is, if it is one.
func (sel Selection) number() (n int, ok bool) {
	if sel.Column == "" || strings.Trim(sel.Column, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(sel.Column)
	return n, err == nil
}

// use is what the records are read for.
func (sel Selection) use() Use {
	if sel.Field != "" {
		return ForField
	}
	return ForColumn
}

// readSelected reads the selected texts.
func (s *Source) readSelected(ctx context.Context, fn func(Chunk) error) error {
	x := &selector{source: s, selection: s.selection, fn: fn}
	return s.Records(ctx, RecordOptions{Use: s.selection.use()}, func(in *Records) error {
		x.file = in.Name
		if x.selection.Field != "" {
			return x.readField(in, ParsePath(x.selection.Field))
		}
		return x.readColumn(in)
	})
}

// selector hands out the selected texts of a source.
type selector struct {
	source    *Source
	selection Selection
	fn        func(Chunk) error
	file      string
	text      []byte
	spare     []byte // for plain
}

// readField hands out a named field of each record.
func (x *selector) readField(in *Records, path Path) error {
	return in.Each(func(r *Record) error { return x.field(r, path) })
}

// field hands out a named field of a record.
func (x *selector) field(r *Record, path Path) error {
	value, err := r.Member(path)
	if err == nil {
		x.text, err = appendTexts(x.text[:0], value, path)
	}
	if err != nil {
		return r.located(err)
	}
	return x.hand(x.text, r.Line, 0)
}

// appendTexts appends a string, or the strings of a list with line breaks between them.
func appendTexts(dst []byte, value Value, path Path) ([]byte, error) {
	const hint = "select a field that is a string, or a list of strings, in every record"
	if text, ok := value.Text(); ok {
		return append(dst, text...), nil
	}
	list, ok := value.List()
	if !ok {
		return dst, fault.New(hint, "field %q is %s, not a string", path, value.Kind())
	}
	for i, item := range list {
		text, ok := item.Text()
		if !ok {
			return dst, fault.New(hint, "field %q: item %d of the list is %s, not a string", path, i+1, item.Kind())
		}
		if i > 0 {
			dst = append(dst, '\n')
		}
		dst = append(dst, text...)
	}
	return dst, nil
}

// readColumn hands out a column of each record.
func (x *selector) readColumn(in *Records) error {
	number, numbered := x.selection.number()
	at, find := number-1, !numbered
	step := int64(1)
	if x.selection.OneLine {
		step = 0
	}
	return in.Each(func(r *Record) error {
		if find && r.Named() {
			return x.field(r, Path{x.selection.Column})
		}
		if find {
			find = false
			var err error
			at, err = x.findColumn(r)
			return err
		}
		if at >= len(r.Fields) {
			return r.Errorf("choose a column that every record has; "+separatedBy(r.Separator), "the record has no column %d: it has %d", at+1, len(r.Fields))
		}
		x.text = append(x.text[:0], r.Fields[at]...)
		return x.hand(x.text, r.FieldLine(at), step)
	})
}

// findColumn returns where a header has the selected name.
func (x *selector) findColumn(header *Record) (int, error) {
	name := x.selection.Column
	at := slices.Index(header.Fields, name)
	if at < 0 {
		return 0, header.Errorf("name a column of the header, or give a number if the file has no header; "+separatedBy(header.Separator),
			"no column is named %q: the header is %s", name, fault.Names(header.Fields))
	}
	if slices.Contains(header.Fields[at+1:], name) {
		return 0, header.Errorf("rename one of them", "two columns are named %q: the header is %s", name, fault.Names(header.Fields))
	}
	return at, nil
}

// hand hands out the text of a record, which is UTF-8, as lines. Its first line
// has the given number, and each further one step more.
func (x *selector) hand(text []byte, line, step int64) error {
	text = bytes.TrimSuffix(text, []byte("\n")) // it ends the last line, and begins no other
	if bytes.ContainsAny(text, "\x00\r") || x.selection.OneLine {
		text = x.plain(text)
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
			if err := x.fn(Chunk{Text: text[:n:n], File: x.file, Line: line, LineEnd: last}); err != nil {
				return err
			}
			if last {
				break
			}
			text = text[n:]
		}
		x.source.stats.Lines++
		if end < 0 {
			return nil
		}
		text = rest
		line += step
	}
}

// plain copies text with spaces for NUL, as Read has them everywhere, LF for
// CRLF, and with oneLine spaces for line breaks.
func (x *selector) plain(text []byte) []byte {
	out := x.spare[:0]
	for i, b := range text {
		switch {
		case b == 0:
			b = ' '
		case b == '\r' && (i+1 == len(text) || text[i+1] == '\n'):
			continue
		case b == '\n' && x.selection.OneLine:
			b = ' '
		}
		out = append(out, b)
	}
	x.spare = out
	return out
}
