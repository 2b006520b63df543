package documents

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

const (
	headBytes   = 64 << 10  // what decides whether a file is text
	windowBytes = 4 << 20   // how much of a file is read at a time
	longest     = 256 << 20 // of files that are read as a whole
)

// reading is one pass over a file.
type reading struct {
	source    *Source
	ctx       context.Context
	file      File
	emit      func(Passage) error
	emitError error
	count     func([]byte) int

	title  string
	named  string // the title of a document without one
	fields []Field
	found  bool // a passage

	base   int64   // of the window of the file that is read
	size   int64   // of the text, -1 if it is unknown
	starts []int64 // of the lines read so far, from line number first
	first  int
	lines  *recode // of a file in another encoding
	part   *extent // bytes of the file that are read, nil: all
	code   bool    // the indentation of the first line is shown
	whole  bool    // all lines are kept in starts

	plain    bool      // JSON is read as code
	elements []element // of a JSON array
	places   [][2]int  // lines of a notebook, for each line of its text
	flow     *flow     // where the text goes, instead of passages
}

// readers are the functions that read the kinds.
var readers = map[Kind]func(r *reading, in *bufio.Reader) error{
	Text: readText, Code: readCode, Markdown: readMarkdown, HTML: readHTML,
}

// run reads the file. An error in its data or of the system is *unreadable.
func (r *reading) run() error {
	r.count = func(text []byte) int { return r.source.cutter.Count(string(text)) }
	r.starts, r.first, r.size, r.part = []int64{0}, 1, r.file.Size, partOf(r.file)
	kind := r.file.Kind
	if r.file.Size == 0 {
		return r.unfit("empty", "", "%s is empty", r.name())
	}
	if kind == Records && path.Ext(plainName(r.file.Name)) != ".json" {
		return r.parse(kind, nil)
	}
	in, closeFile, err := r.open()
	if err != nil {
		return err
	}
	defer closeFile()
	head, err := in.Peek(min(headBytes, in.Size()))
	if err != nil && err != io.EOF {
		return r.broken(err)
	}
	if r.source.options.FileKind == "" && kind == Text && !named(r.file.Name) {
		if kind = sniff(head); r.source.options.Text != "" {
			kind = Records
		}
		if kind == Records {
			return r.parse(kind, in)
		}
	}
	if !r.plain && (r.source.options.FileKind == "" || r.source.options.FileKind == Records) {
		if kind = jsonKind(r.file.Name, head, kind); kind == Records {
			return r.parse(kind, nil)
		}
	}
	if in, err = r.decode(in, head, kind); err != nil {
		return err
	}
	switch kind {
	case notebook:
		return r.some(r.parse(kind, in))
	case jsonArray:
		err := r.parse(kind, in)
		var bad *unreadable
		if errors.As(err, &bad) && bad.reason == reasonNoText && r.source.options.FileKind == "" { // JSON of another kind
			r.plain = true
			return r.run()
		}
		return err
	}
	r.whole = kind == Markdown || r.source.options.Split == Whole
	if err = r.parse(kind, in); err == errAfter {
		err = nil
	}
	return r.some(err)
}

// parse reads a file of a kind. A parser that panics cannot read it.
func (r *reading) parse(kind Kind, in *bufio.Reader) (err error) {
	defer func() {
		if x := recover(); x != nil {
			if r.emitError == errPanic { // in the function of the caller
				panic(x)
			}
			err = &unreadable{reasonParse, fmt.Errorf("cannot read %s as %s: %w", r.name(), kind, fault.Recovered(x))}
		}
	}()
	if r.flow == nil && kind != Records && kind != jsonArray && r.source.options.Split != Line { // a line is a document of its own
		r.named = NameTitle(r.file.Name)
	}
	switch kind {
	case Records:
		return r.records(in)
	case notebook:
		return r.notebook(in)
	case jsonArray:
		return r.array(in)
	}
	return readers[kind](r, in)
}

// some returns the error of a reader or, if there is no passage, that.
func (r *reading) some(err error) error {
	if err == nil && !r.found {
		return r.unfit("no text", "", "%s has no text", r.name())
	}
	return err
}

// errPanic marks that the caller's function runs.
var errPanic = errors.New("in the function of the caller")

func (r *reading) name() string { return text.Describe(r.file.Path) }

// unfit returns the error for a file that is skipped.
func (r *reading) unfit(reason, hint, format string, args ...any) error {
	return &unreadable{reason, fault.New(hint, format, args...)}
}

// broken returns the error for a read that failed.
func (r *reading) broken(err error) error {
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	if fault.Hint(err) != "" { // damaged compressed data
		return &unreadable{reasonDamaged, err}
	}
	return cannotRead(r.file.Path, err)
}

// open opens the file and decompresses it.
func (r *reading) open() (*bufio.Reader, func() error, error) {
	if r.file.Size >= 0 {
		f, err := os.Open(r.file.Path)
		if err != nil {
			return nil, nil, cannotRead(r.file.Path, err)
		}
		size := int(max(4<<10, min(r.file.Size+1, headBytes)))
		in := bufio.NewReaderSize(f, size)
		head, err := in.Peek(10)
		if err != nil && err != io.EOF {
			f.Close()
			return nil, nil, cannotRead(r.file.Path, err)
		}
		if !packed(head) {
			return in, f.Close, nil
		}
		f.Close()
	}
	r.size = -1
	u, err := text.Unpack(r.ctx, r.file.Path)
	if err != nil {
		return nil, nil, r.broken(err)
	}
	return u.Reader, u.Close, nil
}

// packed reports whether a file may be compressed; text.Unpack decides.
func packed(head []byte) bool {
	for _, magic := range []string{"\x1f\x8b\x08", "BZh", "\x28\xb5\x2f\xfd", "\x2a\x4d\x18"} {
		if bytes.HasPrefix(head, []byte(magic)) || len(head) > 1 && bytes.HasPrefix(head[1:], []byte(magic)) {
			return true
		}
	}
	return false
}

// decode checks that a file is text, and returns its text in UTF-8.
func (r *reading) decode(in *bufio.Reader, head []byte, kind Kind) (*bufio.Reader, error) {
	name, wide, skip := encoding(head, kind)
	if name != "" {
		return r.recoded(in, name, wide, skip)
	}
	if what := notText(head); what != "" {
		return nil, &unreadable{what, notTextError(r.name(), what)}
	}
	if n := invalid(head); n > 0 && n*1000 > len(head) {
		return nil, r.unfit(reasonUTF8, "convert it first: iconv -f WINDOWS-1252 -t UTF-8 FILE, with its encoding",
			"%s is not UTF-8 text: %s in its first %d", r.name(), fault.Count(n, "invalid byte"), len(head))
	}
	n, err := in.Discard(skip)
	r.base = int64(n)
	if len(head) == skip {
		return nil, r.unfit("empty", "", "%s is empty", r.name())
	}
	return in, err
}

// invalid counts invalid bytes, except those of a character at the end that is cut.
func invalid(head []byte) (n int) {
	if utf8.Valid(head) {
		return 0
	}
	for i := 0; i < len(head); {
		c, size := utf8.DecodeRune(head[i:])
		if c == utf8.RuneError && size == 1 && (utf8.FullRune(head[i:]) || len(head) < headBytes) {
			n++
		}
		i += size
	}
	return n
}

// windows calls fn with the rest of the file in parts, which cut ends: it returns the length of a
// prefix that may be read by itself, or 0.
func (r *reading) windows(in io.Reader, cut func([]byte) int, fn func([]byte) error) error {
	size := 128 << 10
	if r.size >= 0 {
		size = int(min(r.size+64, windowBytes))
	}
	buf := make([]byte, 0, size)
	for {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		n, err := io.ReadFull(in, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return r.broken(err)
		}
		end := len(buf)
		if !last {
			if cap(buf) < windowBytes {
				buf = append(make([]byte, 0, 4*cap(buf)), buf...)
				continue
			}
			if end = cut(buf); end == 0 && cap(buf) < 4*windowBytes { // a longer window may have an end
				buf = append(make([]byte, 0, max(2*cap(buf), windowBytes)), buf...)
				continue
			}
			if end == 0 {
				end = bytes.LastIndexByte(buf, '\n') + 1
			}
			if end == 0 {
				end = whole(buf)
			}
		}
		r.window(buf[:end])
		apart := r.part != nil && !r.whole && !r.code // nothing before a window matters to it
		if apart && r.part.to <= r.base {
			return errAfter
		}
		if apart && r.base+int64(end) <= r.part.from {
			r.found = true
		} else if err := fn(buf[:end]); err != nil {
			return err
		}
		r.base += int64(end)
		if last {
			return nil
		}
		buf = append(make([]byte, 0, cap(buf)), buf[end:]...)
	}
}

// window notes the lines of the next part of the file.
func (r *reading) window(data []byte) {
	if n := len(r.starts); !r.whole && n > 1 { // only the line that goes on is needed
		r.first += n - 1
		r.starts = append(r.starts[:0], r.starts[n-1])
	}
	for at := 0; ; {
		i := bytes.IndexByte(data[at:], '\n')
		if i < 0 {
			return
		}
		at += i + 1
		r.starts = append(r.starts, r.base+int64(at))
	}
}

// lineAt returns the line of a byte of the file.
func (r *reading) lineAt(offset int64) int {
	at, found := slices.BinarySearch(r.starts, offset)
	if found {
		at++
	}
	return r.first + max(at-1, 0)
}

// whole returns the length of text without an incomplete character at its end.
func whole(text []byte) int {
	for n := len(text) - 1; n > 0 && n > len(text)-utf8.UTFMax; n-- {
		if utf8.RuneStart(text[n]) {
			if !utf8.FullRune(text[n:]) {
				return n
			}
			break
		}
	}
	return len(text)
}

// passage emits a part of a flow.
func (r *reading) passage(trail []*heading, f *flow, start, end int) error {
	start, end = trimmed(f.text, start, end)
	if start == end {
		return nil
	}
	if r.code { // with the indentation
		for start > 0 && (f.text[start-1] == ' ' || f.text[start-1] == '\t') {
			start--
		}
	}
	title := cmp.Or(r.title, r.named)
	if len(title) > maxHeading {
		title = title[:whole([]byte(title[:maxHeading]))]
	}
	p := Passage{Path: r.file.Path, Title: title, Text: display(f.text[start:end]), Fields: r.fields}
	var ok bool
	if p.Start, p.End, ok = f.source(start, end); !ok {
		return nil
	}
	for i, h := range trail {
		if i > 0 || h.text != r.title {
			p.Heading = append(p.Heading, h.text)
		}
	}
	if !r.part.has(p.Start) {
		r.found = true
		return nil
	}
	p.FirstLine = r.lineAt(p.Start)
	p.LastLine = r.lineAt(p.End - 1)
	r.lines.place(&p)
	if r.places != nil {
		p.FirstLine, p.LastLine = r.places[p.FirstLine-1][0], r.places[p.LastLine-1][1]
		p.Start, p.End = 0, 0
	}
	return r.pass(p)
}

// pass emits a passage.
func (r *reading) pass(p Passage) error {
	if strings.TrimSpace(p.Text) == "" {
		return nil
	}
	r.found = true
	r.emitError = errPanic
	if r.emitError = r.emit(p); r.emitError != nil {
		return r.emitError
	}
	return r.ctx.Err()
}
