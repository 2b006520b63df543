package text

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"unicode/utf8"

	"github.com/luminavec/luminavec/internal/fault"
)

// File is one file of a Source, opened at its start for a Format. Read returns its text:
// decompressed, without a byte order mark, with U+FFFD for each invalid UTF-8 byte and a space
// for each NUL. Source.Stats counts these repairs. Lines end as in Source.Read, at LF or CRLF.
type File struct {
	Head
	// Fields are those of RecordOptions: what a format that stores columns should read.
	Fields []Path

	text   *cleaner // nil: the format has a Magic
	entry  entry
	source *Source
	stored *bufio.Reader // the file after decompression, for a format with a Magic
}

// Read reads the text.
func (f *File) Read(p []byte) (int, error) {
	if f.text == nil {
		return 0, fault.New("", "%s is not text", Describe(f.Name))
	}
	return f.text.Read(p)
}

// At returns random access to the file after decompression, for formats that have a Magic, and
// its size in bytes. The caller must close it. Standard input, a pipe and a compressed file are
// copied to a temporary file first, which Close removes.
func (f *File) At() (ReaderAtCloser, int64, error) {
	if f.stored == nil {
		return nil, 0, fault.New("", "%s is text, which is read from front to back", Describe(f.Name))
	}
	if !f.entry.once {
		r, err := f.entry.open()
		if err != nil {
			return nil, 0, err
		}
		head := make([]byte, 10)
		at, ok := r.(ReaderAtCloser)
		if ok {
			n, _ := at.ReadAt(head, 0)
			ok = detect(head[:n]) == uncompressed
		}
		if ok {
			return at, f.entry.size, nil
		}
		r.Close()
	}
	return spoolText(f.Name, f.stored)
}

// Repair returns the text of a record of a format with a Magic as Read would return it: with
// U+FFFD for each invalid UTF-8 byte, which Source.Stats counts. NUL is kept.
func (f *File) Repair(at Position, text string) string {
	if utf8.ValidString(text) {
		return text
	}
	l := &liner{source: f.source, file: at.File, line: at.Line, rows: at.Rows}
	return string(l.repair([]byte(text), 0))
}

// ReaderAtCloser is an open file with random access.
type ReaderAtCloser interface {
	io.ReaderAt
	io.Closer
}

// openFile opens one input at the start of its records.
func (s *Source) openFile(ctx context.Context, l *liner, e entry, o RecordOptions) (*File, *Format, func(), error) {
	r, done, err := s.decompress(ctx, e)
	if err != nil {
		return nil, nil, nil, err
	}
	file := &File{Head: Head{Name: e.shown(), Use: o.Use}, Fields: o.Fields, entry: e, source: s}
	format, err := file.begin(r, l, o)
	if err != nil {
		done()
		return nil, nil, nil, err
	}
	return file, format, done, nil
}

// begin finds the format of the file and prepares its text.
func (f *File) begin(r *bufio.Reader, l *liner, o RecordOptions) (*Format, error) {
	if f.entry.inside { // of JSON Lines, see Source.Shard
		l.file, l.line, l.offset, l.lineStart = f.entry.shown(), 1, 0, 0
		f.text = &cleaner{liner: l, r: r}
		return JSONLines, nil
	}
	head, err := peekHead(r, f.entry)
	if err != nil {
		return nil, err
	}
	if format := binaryFormat(head); format != nil && (o.Format == nil || o.Format == format) {
		f.First, f.stored = head, r
		return format, nil
	}
	if o.Format != nil && o.Format.Magic != "" {
		return nil, fault.New("check that it is the right file", "%s is not %s: it does not start with %s", Describe(f.Name), o.Format.Name, o.Format.Magic)
	}
	mark, err := beginText(r, f.Name, head)
	if err != nil {
		return nil, err
	}
	r = l.source.endLines(r, f.Name, head)
	if f.First, err = firstLine(r); err != nil {
		return nil, err
	}
	l.file, l.line, l.offset, l.lineStart = f.Name, 1, mark, mark
	f.text = &cleaner{liner: l, r: r}
	if o.Format != nil {
		return o.Format, nil
	}
	if format := detectFormat(f.Head); format != nil {
		return format, nil
	}
	return nil, fault.New("use one record per line: JSON Lines, CSV or TSV", "%s: unknown record format", Describe(f.Name))
}

// afterBlank returns text from its first line that is not blank.
func afterBlank(text []byte) []byte {
	for {
		line, rest, ended := bytes.Cut(text, []byte("\n"))
		if !ended || len(bytes.TrimSpace(line)) > 0 {
			return bytes.TrimLeft(text, "\r\n")
		}
		text = rest
	}
}

// firstLine returns at least the first line that is not blank, as far as r can peek.
func firstLine(r *bufio.Reader) ([]byte, error) {
	for n := 1; ; n++ {
		head, err := r.Peek(max(n, r.Buffered()))
		n = len(head)
		if text := afterBlank(head); bytes.IndexByte(text, '\n') >= 0 || err == io.EOF || err == bufio.ErrBufferFull {
			return text, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
