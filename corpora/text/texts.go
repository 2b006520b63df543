package text

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"unicode/utf8"

	"github.com/luminavec/luminavec/internal/fault"
)

// Text is one text of a source as a whole: a line, the text of a record, or a file. It is valid
// until the function that it was passed to returns, except for its strings.
type Text struct {
	Position // where it starts

	// Text is the text as one line of valid UTF-8: with U+FFFD for each invalid byte, and a space
	// for each NUL and, in records and documents, for each line break.
	Text []byte
	// Exact is the text as valid UTF-8, otherwise as it is: NUL and, in records and documents, line
	// breaks are kept, which an encoder may tell from spaces. Of CSV and TSV, NUL is read as a space.
	Exact []byte
	// Raw is the text as it is in the file after decompression, without a byte order mark and the
	// line break at the end of a line; of a record, the text that its format defines.
	Raw []byte
	// Offset is the position of Raw in the file after decompression, in bytes. It is 0 for records.
	Offset int64
	// Lines reports that Raw may have line breaks, each of which ends a line of the file, as in
	// documents and CSV. Those in the texts of JSON Lines and Parquet do not.
	Lines bool
	// ID is the part of the record that Kept.ID selects. For a document it is the path of the file
	// from the folder that was named, with slashes, or the name if no folder was. Otherwise it is "".
	ID string
	// Fields are the parts that Kept.Fields selects.
	Fields []string
}

// Documents makes Texts return each file as one text.
func (s *Source) Documents() error {
	if s.selection.structured() {
		return fault.Mention("read one kind of file at a time", "Documents takes each file as one text, but Field or Column selects a text of each record")
	}
	s.documents = true
	return nil
}

// Texts calls fn with each whole text of the source, in order: each line or, after Select, the
// text of each record or, after Documents, each file. Files are read as Read reads them. A text
// of more than MaxRecord bytes is an error. An error from fn ends the pass and is returned
// unchanged.
func (s *Source) Texts(ctx context.Context, fn func(*Text) error) error {
	if s.selection.structured() {
		return s.recordTexts(ctx, fn)
	}
	if err := s.begin(); err != nil {
		return err
	}
	l := &liner{source: s}
	for _, e := range s.entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		read := s.lineTexts
		if s.documents {
			read = s.document
		}
		if err := read(ctx, l, e, fn); err != nil {
			return err
		}
	}
	return nil
}

// recordTexts passes on the text of each record.
func (s *Source) recordTexts(ctx context.Context, fn func(*Text) error) error {
	x := &selector{source: s, selection: s.selection, beside: beside{kept: s.kept}}
	x.selection.OneLine = true
	var t Text
	x.pass = func(text []byte, line, step int64) error {
		t = Text{Position: x.at, Raw: text, Exact: text, Text: x.oneLine(text), Lines: step > 0, ID: x.beside.id, Fields: x.beside.values}
		t.Line = line
		s.stats.Lines++
		return fn(&t)
	}
	return x.read(ctx)
}

// oneLine returns the text of a record, which is valid UTF-8, as one line.
func (x *selector) oneLine(text []byte) []byte {
	text = bytes.TrimSuffix(text, []byte("\n"))
	if bytes.ContainsAny(text, "\x00\r\n") {
		text = x.plain(text)
	}
	return text
}

// lineTexts passes on the lines of a file.
func (s *Source) lineTexts(ctx context.Context, l *liner, e entry, fn func(*Text) error) error {
	r, mark, done, err := s.openText(ctx, e)
	if err != nil {
		return err
	}
	defer done()
	l.file, l.line, l.offset, l.lineStart = e.shown(), 1, mark, mark
	s.look(r, e.name)
	defer func() { s.stats.Bytes += l.offset }()
	var long []byte
	var t Text
	for {
		line, err := r.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			long = append(long[:0], line...)
			for err == bufio.ErrBufferFull {
				if err := ctx.Err(); err != nil {
					return err
				}
				line, err = r.ReadSlice('\n')
				if len(long)+len(line) > MaxRecord+2 {
					break
				}
				long = append(long, line...)
			}
			if line = long; err == bufio.ErrBufferFull {
				return Position{File: l.file, Line: l.line}.Errorf("each line is one text: break it into lines (a model trains on lines of any length)",
					"the line is longer than %.1f MB", MaxRecord/1e6)
			}
		}
		if err != nil && (err != io.EOF || len(line) == 0) {
			if err == io.EOF {
				return nil
			}
			return err
		}
		if l.line&0xff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		read := int64(len(line))
		if n := len(line); line[n-1] == '\n' {
			line = line[:n-1]
			if line = line[:n-1]; n > 1 && line[n-2] == '\r' {
				line = line[:n-2]
			}
		}
		t = Text{Position: Position{File: l.file, Line: l.line}, Exact: l.exact(line), Raw: line, Offset: l.offset}
		t.Text = spaced(t.Exact)
		if err := fn(&t); err != nil {
			return err
		}
		l.offset += read
		l.lineStart = l.offset
		l.line++
		s.stats.Lines++
		if cap(long) > 1<<20 {
			long = nil
		}
	}
}

// document passes on a file as one text.
func (s *Source) document(ctx context.Context, l *liner, e entry, fn func(*Text) error) error {
	bad := func(err error) error {
		b := &BadRecord{Position: Position{File: e.name}, Err: err}
		if !s.skipBad {
			return b
		}
		s.skip(b)
		return nil
	}
	r, done, err := s.decompress(ctx, e)
	if err != nil {
		return err
	}
	defer done()
	head, err := peekHead(r, e)
	if err != nil {
		return err
	}
	mark, err := beginText(r, "the file", head)
	if err != nil {
		return bad(err)
	}
	raw, err := io.ReadAll(io.LimitReader(r, MaxRecord+1))
	switch {
	case err != nil:
		return err
	case len(raw) > MaxRecord:
		return bad(fault.New("split it into several files", "the document is longer than %.1f MB", MaxRecord/1e6))
	}
	l.file, l.line, l.offset, l.lineStart = e.name, 1, mark, mark
	s.stats.Bytes += mark + int64(len(raw))
	s.stats.Lines++
	exact := l.document(raw)
	t := Text{Position: Position{File: e.name, Line: 1}, Raw: raw, Exact: exact, Text: flat(bytes.Clone(spaced(exact))), Offset: mark, Lines: true, ID: e.path}
	if t.ID == "" {
		t.ID = e.name
	}
	return fn(&t)
}

// document returns a whole file as valid UTF-8, and counts its repairs with their positions.
func (l *liner) document(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for rest := raw; len(rest) > 0; {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		n := len(rest) - len(after)
		out = append(out, l.exact(line)...)
		if len(after) > 0 {
			out = append(out, '\n')
		}
		l.offset += int64(n)
		l.lineStart = l.offset
		l.line++
		rest = after
	}
	return out
}

// OneLine returns a part of Text.Raw as Text.Text has it, without white space at its ends. The
// result may share memory with raw.
func OneLine(raw []byte) []byte {
	if utf8.Valid(raw) && bytes.IndexByte(raw, 0) < 0 {
		if bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\r') < 0 {
			return bytes.TrimSpace(raw)
		}
		return bytes.TrimSpace(flat(bytes.Clone(raw)))
	}
	l := liner{source: new(Source)} // counts what has been counted already
	return bytes.TrimSpace(flat(l.repair(raw, ' ')))
}

// spaced returns text with a space for each NUL.
func spaced(text []byte) []byte {
	if bytes.IndexByte(text, 0) < 0 {
		return text
	}
	return bytes.ReplaceAll(text, []byte{0}, []byte{' '})
}

// flat replaces each line break of text by a space, in place.
func flat(text []byte) []byte {
	out := text[:0]
	for i, b := range text {
		switch {
		case b == '\r' && i+1 < len(text) && text[i+1] == '\n':
			continue
		case b == '\r', b == '\n':
			b = ' '
		}
		out = append(out, b)
	}
	return out
}
