package text

import (
	"bufio"
	"bytes"
	"context"
	"io"

	"github.com/luminavec/luminavec/internal/fault"
)

// File is one file of a Source, open at its start for a Format. It reads as text:
// decompressed, without a byte order mark, each byte that is not UTF-8 replaced by U+FFFD
// and each NUL by a space, which Source.Stats counts; line ends are as they are.
type File struct {
	Head
	text  *cleaner // nil: the format has a Magic
	entry entry
}

// Read reads the text.
func (f *File) Read(p []byte) (int, error) {
	if f.text == nil {
		return 0, fault.New("", "%s is not text", Describe(f.Name))
	}
	return f.text.Read(p)
}

// At gives access to any place of a file as it is stored, for formats that are not read
// from front to back, and returns its size in bytes. Close it when done. Standard input
// and pipes have to be spooled first, see Source.Spool.
func (f *File) At() (ReaderAtCloser, int64, error) {
	const hint = "save it as an ordinary file first"
	if f.entry.once {
		return nil, 0, fault.New(hint, "%s can be read from front to back only", Describe(f.Name))
	}
	r, err := f.entry.open()
	if err != nil {
		return nil, 0, err
	}
	at, ok := r.(ReaderAtCloser)
	if !ok {
		r.Close()
		return nil, 0, fault.New(hint, "%s can be read from front to back only", Describe(f.Name))
	}
	head := make([]byte, 10)
	n, _ := at.ReadAt(head, 0)
	if kind := detect(head[:n]); kind != uncompressed {
		r.Close()
		return nil, 0, fault.New("decompress it first", "%s is compressed (%s)", Describe(f.Name), kind)
	}
	return at, f.entry.size, nil
}

// ReaderAtCloser is an open file that can be read at any place.
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
	file := &File{Head: Head{Name: e.name, Use: o.Use}, entry: e}
	format, err := file.begin(r, l, o)
	if err != nil {
		done()
		return nil, nil, nil, err
	}
	return file, format, done, nil
}

// begin finds the format of the file and prepares its text.
func (f *File) begin(r *bufio.Reader, l *liner, o RecordOptions) (*Format, error) {
	head, err := peekHead(r, f.entry)
	if err != nil {
		return nil, err
	}
	if format := binaryFormat(head); format != nil && (o.Format == nil || o.Format == format) {
		f.First = head
		return format, nil
	}
	mark, err := beginText(r, f.Name, head)
	if err != nil {
		return nil, err
	}
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
	return nil, fault.New("use one record a line: JSON Lines, CSV or TSV", "%s: the format of the records is not known", Describe(f.Name))
}

// firstLine returns the first line that is not blank, as far as r can peek, or more.
func firstLine(r *bufio.Reader) ([]byte, error) {
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
