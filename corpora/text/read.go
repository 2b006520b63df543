package text

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"unicode/utf8"

	"github.com/luminavec/luminavec/internal/fault"
)

const (
	// MaxChunk is the maximum number of bytes of text in a Chunk.
	MaxChunk = 64 << 10

	// headBytes is how much of the start of a file decides whether it is text.
	headBytes = 64 << 10
)

var byteOrderMark = []byte("\xef\xbb\xbf") // U+FEFF in UTF-8

// Chunk is a line of text, or a part of a line longer than MaxChunk. The Texts of the chunks of
// a line, joined, are the line.
type Chunk struct {
	Text    []byte // valid UTF-8 without the line break; valid until the callback returns
	File    string // name of the file, as in Names
	Line    int64  // line number, from 1
	Offset  int64  // position of Text in the decompressed file, in bytes; 0 for a selected text
	LineEnd bool   // the line ends here; otherwise it continues in the next chunk
}

// Read streams the whole source through fn, in order, in memory that does not depend on the
// length of files or lines. If fn returns an error or ctx ends, Read stops and returns that
// error unchanged.
//
// Files are decompressed (gzip with any number of members, bzip2, zstd with any number of
// frames), and a byte order mark at the start is dropped. Lines end at LF or CRLF, or at CR in a
// file that has no LF in its first 64 KiB. Each invalid
// UTF-8 byte becomes U+FFFD and each NUL a space; Stats counts them. A line longer than
// MaxChunk bytes is split into several chunks: after ASCII white space if there is any, so that
// no word is split, and otherwise between two characters. After Select, the lines are those of
// the selected texts.
//
// A file that is not text is an error: one that has a NUL byte, a UTF-16 mark, or mostly
// invalid UTF-8 in its first 64 KiB (for standard input, in whatever arrives first).
func (s *Source) Read(ctx context.Context, fn func(Chunk) error) error {
	if s.selection.structured() {
		return s.readSelected(ctx, fn)
	}
	if err := s.begin(); err != nil {
		return err
	}
	l := liner{source: s, fn: fn, buf: make([]byte, 4*MaxChunk)}
	for _, e := range s.entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.readEntry(ctx, &l, e); err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) readEntry(ctx context.Context, l *liner, e entry) error {
	r, mark, done, err := s.openText(ctx, e)
	if err != nil {
		return err
	}
	defer done()
	l.file, l.line, l.offset, l.lineStart = e.shown(), 1, mark, mark
	s.look(r, e.name)
	err = l.run(ctx, r)
	s.stats.Bytes += l.offset
	return err
}

// look sets s.records if the file whose text r reads looks like records and is the first that does.
func (s *Source) look(r *bufio.Reader, name string) {
	if head, _ := r.Peek(r.Buffered()); s.records.Format == "" {
		s.records = DetectRecords(Head{Name: name, First: afterBlank(head[:min(len(head), headBytes)])})
	}
}

// openText opens one input at its first character of text. mark is the length of the byte order
// mark before it, or 0.
func (s *Source) openText(ctx context.Context, e entry) (r *bufio.Reader, mark int64, done func(), err error) {
	r, done, err = s.decompress(ctx, e)
	if err != nil {
		return nil, 0, nil, err
	}
	if e.inside {
		return r, 0, done, nil
	}
	head, err := peekHead(r, e)
	if err == nil {
		mark, err = beginText(r, e.name, head)
	}
	if err != nil {
		done()
		return nil, 0, nil, err
	}
	return s.endLines(r, e.name, head), mark, done, nil
}

// peekHead returns the first bytes of an input: headBytes if it has that many, and always
// enough to see a byte order mark or the Magic of a format.
func peekHead(r *bufio.Reader, e entry) ([]byte, error) {
	head, err := peek(r, headBytes, e.blocking)
	for err == nil && mayBeMagic(head) {
		head, err = r.Peek(len(head) + 1)
	}
	if err == io.EOF {
		err = nil
	}
	return head, err
}

// beginText skips the byte order mark of a text and returns its length. It returns an error if
// the file is not text.
func beginText(r *bufio.Reader, name string, head []byte) (mark int64, err error) {
	if f := binaryFormat(head); f != nil {
		return 0, fault.Mention("Column or Field selects the text of each record", "%s is %s, not plain text", Describe(name), f.Name)
	}
	if err := refuseBinary(name, head); err != nil {
		return 0, err
	}
	if bytes.HasPrefix(head, byteOrderMark) {
		n, _ := r.Discard(len(byteOrderMark))
		mark = int64(n)
	}
	return mark, nil
}

// refuseBinary returns an error if the head of a file is not text.
func refuseBinary(name string, head []byte) error {
	for _, c := range containers {
		if bytes.HasPrefix(head, []byte(c.magic)) {
			return fault.New(c.hint, "%s is %s, not plain text", Describe(name), c.name)
		}
	}
	if len(head) > 262 && string(head[257:262]) == "ustar" {
		return fault.New("extract it and name the files in it", "%s is a tar archive, not plain text", Describe(name))
	}
	if i := bytes.IndexByte(head, 0); i >= 0 {
		return fault.New("name files of UTF-8 text; iconv converts other encodings",
			"%s is binary, not plain text: NUL at byte %d", Describe(name), i+1)
	}
	strange := 0
	for i := 0; i < len(head); {
		if b := head[i]; b < utf8.RuneSelf {
			if b < ' ' && (b < '\t' || b > '\r') && b != 0x1b {
				strange++
			}
			i++
			continue
		}
		if !utf8.FullRune(head[i:]) { // the head may end inside a character
			break
		}
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && n == 1 {
			strange++
		}
		i += n
	}
	// Text in Latin-1 has some 1 to 10% of such bytes and passes, with U+FFFD for
	// each; random bytes have about 50%, Shift-JIS and GBK more.
	if strange*10 > len(head)*3 {
		return fault.New("name files of UTF-8 text; iconv converts other encodings",
			"%s is not UTF-8 text: %d of its first %d bytes are invalid", Describe(name), strange, len(head))
	}
	return nil
}

// liner splits a stream into lines and chunks.
type liner struct {
	source    *Source
	fn        func(Chunk) error
	buf       []byte // buf[at:end] has been read but not emitted
	fixed     []byte // a repaired chunk
	file      string
	line      int64 // of buf[at], from 1
	offset    int64 // of buf[at] in the file
	lineStart int64 // offset of the line's first byte
	rows      bool  // line counts rows
}

func (l *liner) run(ctx context.Context, r io.Reader) error {
	at, end := 0, 0
	open := false // a line has begun and has not ended
	for {
		// Whole lines first; then the part of an unfinished line that is too long to hold back.
		for at < end {
			window := l.buf[at:min(end, at+MaxChunk+1)]
			if i := bytes.IndexByte(window, '\n'); i >= 0 {
				if err := l.endLine(window[:i], 1); err != nil {
					return err
				}
				at += i + 1
				open = false
				continue
			}
			if end-at <= MaxChunk {
				break
			}
			n := cut(l.buf[at : at+MaxChunk])
			if err := l.emit(l.buf[at:at+n], false); err != nil {
				return err
			}
			at += n
			open = true
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		copy(l.buf, l.buf[at:end])
		at, end = 0, end-at
		n, err := r.Read(l.buf[end:])
		end += n
		if err == io.EOF && n == 0 {
			if end > 0 || open {
				return l.endLine(l.buf[:end], 0)
			}
			return nil
		}
		if err != nil && err != io.EOF {
			return err
		}
	}
}

// endLine emits the rest of a line; breakBytes is the length of its LF.
func (l *liner) endLine(rest []byte, breakBytes int) error {
	text := rest
	if breakBytes > 0 && len(text) > 0 && text[len(text)-1] == '\r' {
		text = text[:len(text)-1]
		breakBytes++
	}
	if err := l.emit(text, true); err != nil {
		return err
	}
	l.offset += int64(breakBytes)
	l.lineStart = l.offset
	l.line++
	l.source.stats.Lines++
	return nil
}

// emit passes one chunk to the callback, repaired if necessary.
func (l *liner) emit(raw []byte, lineEnd bool) error {
	if utf8.Valid(raw) && bytes.IndexByte(raw, 0) < 0 {
		c := Chunk{Text: raw, File: l.file, Line: l.line, Offset: l.offset, LineEnd: lineEnd}
		l.offset += int64(len(raw))
		return l.fn(c)
	}
	// A repaired byte grows to three, so a piece of a third of MaxChunk fits.
	for {
		part := raw
		if len(part) > MaxChunk/3 {
			part = raw[:cut(raw[:MaxChunk/3])]
		}
		raw = raw[len(part):]
		c := Chunk{Text: l.repair(part, ' '), File: l.file, Line: l.line, Offset: l.offset, LineEnd: lineEnd && len(raw) == 0}
		l.offset += int64(len(part))
		if err := l.fn(c); err != nil {
			return err
		}
		if len(raw) == 0 {
			return nil
		}
	}
}

// repaired returns text, or a repaired copy if necessary.
func (l *liner) repaired(text []byte) []byte {
	if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
		return text
	}
	return l.repair(text, ' ')
}

// exact is repaired, except that NUL is kept.
func (l *liner) exact(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	return l.repair(text, 0)
}

// repair copies text with U+FFFD for each invalid UTF-8 byte, and with nul for each NUL.
func (l *liner) repair(text []byte, nul byte) []byte {
	out := l.fixed[:0]
	for i := 0; i < len(text); {
		if text[i] == 0 {
			if nul != 0 {
				l.invalid(i)
				l.source.stats.NULs++
			}
			out = append(out, nul)
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			l.invalid(i)
			out = append(out, "\uFFFD"...)
		} else {
			out = append(out, text[i:i+n]...)
		}
		i += n
	}
	l.fixed = out
	return out
}

// invalid counts an invalid byte, byte i of the text that is being repaired.
func (l *liner) invalid(i int) {
	if s := l.source; s.stats.Invalid == 0 {
		s.stats.FirstInvalid = Position{File: l.file, Line: l.line, Byte: l.offset - l.lineStart + int64(i) + 1, Rows: l.rows}.String()
	}
	l.source.stats.Invalid++
}

// cut returns how much of text to emit when a line must be split: up to and including its last
// ASCII white space or, if it has none, all but an incomplete character at its end.
func cut(text []byte) int {
	if i := bytes.LastIndexAny(text, " \t\v\f\r\x00"); i >= 0 {
		return i + 1
	}
	if n := wholeCharacters(text); n > 0 {
		return n
	}
	return len(text)
}
