package text

import (
	"bufio"
	"context"
	"io"
)

// readOne calls fn with the text of the first file, unpacked, in UTF-8.
func (s *Source) ReadOne(ctx context.Context, fn func(*Records, *bufio.Reader) error) error {
	if err := s.begin(); err != nil {
		return err
	}
	e := s.entries[0]
	r, mark, done, err := s.openText(ctx, e)
	if err != nil {
		return err
	}
	defer done()
	l := &liner{source: s, file: e.name, line: 1, offset: mark, lineStart: mark}
	return fn(&Records{Ctx: ctx, source: s, File: e.name}, bufio.NewReaderSize(io.Reader(&cleaner{liner: l, r: r}), headBytes))
}

// File is one file of a Source while it is read: decompressed, invalid UTF-8 replaced by
// U+FFFD and NUL by a space, line ends as they are.
type File struct {
	Name  string // as in Source.Names
	First []byte // at least the first line that is not blank, unless the file ends before
	text  *cleaner
}

// Read reads the text.
func (f *File) Read(p []byte) (int, error) { return f.text.Read(p) }

// Offset is the number of decompressed bytes read so far.
func (f *File) Offset() int64 { return f.text.offset }

// EachFile calls fn with each file of the source, open at its start. fn must read it to
// its end.
func (s *Source) EachFile(ctx context.Context, fn func(f *File) error) error {
	if err := s.begin(); err != nil {
		return err
	}
	l := &liner{source: s}
	for _, e := range s.entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.eachFile(ctx, l, e, fn); err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) eachFile(ctx context.Context, l *liner, e entry, fn func(f *File) error) error {
	r, mark, done, err := s.openText(ctx, e)
	if err != nil {
		return err
	}
	defer done()
	l.file, l.line, l.offset, l.lineStart = e.name, 1, mark, mark
	first, err := FirstLine(r)
	if err != nil {
		return err
	}
	return fn(&File{Name: e.name, First: first, text: &cleaner{liner: l, r: r}})
}
