package corpora

import (
	"bufio"
	"context"
	"io"
)

// readOne calls fn with the text of the first file, unpacked, in UTF-8.
func (s *Source) readOne(ctx context.Context, fn func(*records, *bufio.Reader) error) error {
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
	return fn(&records{ctx: ctx, source: s, file: e.name}, bufio.NewReaderSize(io.Reader(&cleaner{liner: l, r: r}), headBytes))
}
