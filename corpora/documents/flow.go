package documents

import (
	"bytes"
	"sort"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/passages"
)

// flow is text without markup, and where each part of it is in the file.
type flow struct {
	text  []byte
	spans []span
}

// span is a part of a flow that was read from a part of the file. If they are equally long they
// are the same bytes.
type span struct {
	at, n  int   // in the flow
	src    int64 // in the file
	length int64
}

// add appends bytes that are in the file as they are.
func (f *flow) add(text []byte, src int64) { f.put(text, src, int64(len(text))) }

// put appends text that was read from length bytes of the file.
func (f *flow) put(text []byte, src, length int64) {
	if len(text) == 0 {
		return
	}
	at := len(f.text)
	f.text = append(f.text, text...)
	if n := len(f.spans); n > 0 && length == int64(len(text)) {
		if s := &f.spans[n-1]; s.at+s.n == at && s.src+s.length == src && s.length == int64(s.n) {
			s.n += len(text)
			s.length += length
			return
		}
	}
	f.spans = append(f.spans, span{at, len(text), src, length})
}

// gap appends text that the file does not have.
func (f *flow) gap(text string) { f.text = append(f.text, text...) }

// line ends a line, unless the flow is at the start of one.
func (f *flow) line() {
	f.trim()
	if n := len(f.text); n > 0 && f.text[n-1] != '\n' {
		f.text = append(f.text, '\n')
	}
}

// paragraph ends a paragraph.
func (f *flow) paragraph() {
	f.line()
	if n := len(f.text); n > 1 && f.text[n-2] != '\n' {
		f.text = append(f.text, '\n')
	}
}

// trim removes spaces at the end.
func (f *flow) trim() {
	n := len(f.text)
	for n > 0 && (f.text[n-1] == ' ' || f.text[n-1] == '\t') {
		n--
	}
	f.cut(n)
}

// cut shortens the flow to n bytes.
func (f *flow) cut(n int) {
	f.text = f.text[:n]
	for i := len(f.spans) - 1; i >= 0; i-- {
		s := &f.spans[i]
		if s.at+s.n <= n {
			return
		}
		if s.at >= n {
			f.spans = f.spans[:i]
			continue
		}
		if s.length == int64(s.n) {
			s.length = int64(n - s.at)
		}
		s.n = n - s.at
	}
}

// join appends another flow.
func (f *flow) join(g *flow) {
	at := len(f.text)
	f.text = append(f.text, g.text...)
	for _, s := range g.spans {
		s.at += at
		f.spans = append(f.spans, s)
	}
}

// after returns the index of the first span that ends after a byte of the text.
func (f *flow) after(at int) int {
	return sort.Search(len(f.spans), func(i int) bool { return f.spans[i].at+f.spans[i].n > at })
}

// part returns a part of a flow.
func (f *flow) part(start, end int) flow {
	p := flow{text: f.text[start:end:end]}
	for _, s := range f.spans[f.after(start):] {
		a, b := max(s.at, start), min(s.at+s.n, end)
		if a >= b {
			break
		}
		if s.length == int64(s.n) {
			s.src, s.length = s.src+int64(a-s.at), int64(b-a)
		}
		s.at, s.n = a-start, b-a
		p.spans = append(p.spans, s)
	}
	return p
}

// source returns the bytes of the file that text[start:end] was read from; ok is false if there
// are none.
func (f *flow) source(start, end int) (from, to int64, ok bool) {
	for i := f.after(start); i < len(f.spans) && f.spans[i].at < end; i++ {
		s := f.spans[i]
		a, b := s.src, s.src+s.length
		if s.length == int64(s.n) {
			a += int64(max(0, start-s.at))
			b = s.src + int64(min(s.n, end-s.at))
		}
		if !ok || a < from {
			from = a
		}
		if !ok || b > to {
			to = b
		}
		ok = true
	}
	return from, to, ok
}

// display returns text as it is shown: valid UTF-8, with LF as line breaks.
func display(raw []byte) string {
	if utf8.Valid(raw) && bytes.IndexByte(raw, 0) < 0 && bytes.IndexByte(raw, '\r') < 0 {
		return string(raw)
	}
	out := bytes.ToValidUTF8(raw, []byte("\uFFFD"))
	out = bytes.ReplaceAll(out, []byte("\r\n"), []byte("\n"))
	out = bytes.ReplaceAll(out, []byte("\r"), []byte("\n"))
	return string(bytes.ReplaceAll(out, []byte{0}, []byte(" ")))
}

// trimmed returns text[start:end] without white space at its ends, except the indentation of its
// first line.
func trimmed(text []byte, start, end int) (int, int) {
	for start < end {
		r, n := utf8.DecodeRune(text[start:end])
		if !passages.IsSpace(r) {
			break
		}
		start += n
	}
	for start < end {
		r, n := utf8.DecodeLastRune(text[start:end])
		if !passages.IsSpace(r) {
			break
		}
		end -= n
	}
	return start, end
}
