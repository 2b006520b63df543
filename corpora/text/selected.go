package text

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/luminavec/luminavec/internal/fault"
)

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
	x.pass = x.hand
	return x.read(ctx)
}

// read passes on the selected text of each record.
func (x *selector) read(ctx context.Context) error {
	use := x.selection.use()
	err := x.source.Records(ctx, RecordOptions{Use: use, Fields: x.paths(use)}, func(in *Records) error {
		x.file = in.Name
		if use == ForField {
			return x.readField(in)
		}
		return x.readColumn(in)
	})
	var lacked *lackedField
	if errors.As(err, &lacked) && lacked.i > 0 {
		return x.beside.lacks(lacked.i-1, err)
	}
	return err
}

// selector emits the selected texts of a source.
type selector struct {
	source    *Source
	selection Selection
	pass      func(text []byte, line, step int64) error // hand, or that of Texts
	fn        func(Chunk) error                         // for hand
	file      string
	at        Position // of the record
	text      []byte
	beside    beside // what accompanies the text
	spare     []byte // for plain
}

// paths returns the fields that are read of each record, the text first.
func (x *selector) paths(use Use) []Path {
	parse := ParsePath
	if use == ForColumn {
		parse = func(name string) Path { return Path{name} }
	}
	paths := []Path{parse(x.selection.Field + x.selection.Column)}
	for _, name := range x.beside.kept.names() {
		paths = append(paths, parse(name))
	}
	return paths
}

// readField emits a named field of each record.
func (x *selector) readField(in *Records) error {
	paths := x.paths(ForField)
	return x.each(in, func(r *Record) (line, step int64, err error) {
		if err := x.field(r, paths[0]); err != nil {
			return r.Line, 0, err
		}
		return r.Line, 0, x.beside.members(r, paths[1:])
	})
}

// field sets x.text to a named field of a record.
func (x *selector) field(r *Record, path Path) error {
	value, err := r.Member(path)
	if err == nil {
		x.text, err = appendTexts(x.text[:0], value, path)
	}
	return err
}

// each emits the text of each record, which choose sets as x.text. It returns the line of the text
// and the step to the next one, as pass expects them; the line is 0 if the record has no text, and
// negative if the error is not about this record alone.
func (x *selector) each(in *Records, choose func(r *Record) (line, step int64, err error)) error {
	var r Record
	for {
		err := in.Next(&r)
		if err == io.EOF {
			return nil
		}
		bad, _ := err.(*BadRecord)
		if err != nil && bad == nil {
			return err
		}
		if err := in.ctx.Err(); err != nil {
			return err
		}
		var line, step int64
		if bad == nil {
			x.at = r.Position
			if line, step, err = choose(&r); line < 0 {
				return err
			} else if err != nil {
				bad = &BadRecord{Position: r.Position, Err: err}
			}
		}
		switch {
		case bad == nil && line > 0:
			if err := x.pass(x.text, line, step); err != nil {
				return err
			}
		case bad == nil: // a header
		case !x.source.skipBad:
			return bad
		default:
			x.source.skip(bad)
		}
	}
}

// skip counts a bad record.
func (s *Source) skip(bad error) {
	if s.skipped++; s.skipped == 1 {
		s.firstSkip = bad
	}
}

// appendTexts appends a string, or the strings of an array with line breaks between them.
func appendTexts(dst []byte, value Value, path Path) ([]byte, error) {
	const hint = "select a field that is a string, or an array of strings, in every record"
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
			return dst, fault.New(hint, "field %q: item %d of the array is %s, not a string", path, i+1, item.Kind())
		}
		if i > 0 {
			dst = append(dst, '\n')
		}
		dst = append(dst, text...)
	}
	return dst, nil
}

// readColumn emits a column of each record.
func (x *selector) readColumn(in *Records) error {
	number, numbered := x.selection.number()
	at, find := number-1, !numbered
	step := int64(1)
	if x.selection.OneLine && x.fn != nil {
		step = 0
	}
	paths := x.paths(ForColumn)
	if numbered && in.Format.Magic == "" {
		if err := x.beside.number(); err != nil {
			return err
		}
	}
	return x.each(in, func(r *Record) (int64, int64, error) {
		switch {
		case r.Named() && (find || r.values != nil):
			if err := x.field(r, paths[0]); err != nil {
				return r.Line, 0, err
			}
			return r.Line, 0, x.beside.members(r, paths[1:])
		case find:
			find = false
			var err error
			if at, err = findColumn(r, x.selection.Column); err == nil {
				err = x.beside.find(r)
			}
			if err != nil {
				return -1, 0, err
			}
			return 0, 0, nil
		case at >= len(r.Fields):
			return 0, 0, noColumn(r, at)
		}
		x.text = append(x.text[:0], r.Fields[at]...)
		return r.FieldLine(at), step, x.beside.columns(r)
	})
}

// noColumn returns the error for a record without the column of this index.
func noColumn(r *Record, at int) error {
	return fault.New("choose a column that every record has; "+separatedBy(r.Separator), "the record has no column %d: it has %d", at+1, len(r.Fields))
}

// findColumn returns the index of a name in a header.
func findColumn(header *Record, name string) (int, error) {
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

// hand emits the text of a record, which is UTF-8, as lines. The first line has the given
// number, which increases by step for each further line.
func (x *selector) hand(text []byte, line, step int64) error {
	text = bytes.TrimSuffix(text, []byte("\n")) // it ends the last line and does not begin another
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

// plain copies text, replacing NUL with a space, as Read does everywhere, CRLF with LF and,
// with OneLine, line breaks with spaces.
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
