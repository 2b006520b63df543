package text

import (
	"bufio"
	"bytes"
	"io"
)

// EndsAtCR reports whether the lines of a text end at carriage returns alone, as on early
// Macintosh computers: its start has no line feed, and a carriage return that something follows.
func EndsAtCR(start []byte) bool {
	i := bytes.IndexByte(start, '\r')
	return i >= 0 && i < len(start)-1 && bytes.IndexByte(start, '\n') < 0
}

// CRReader reads a text of which EndsAtCR is true, with a line feed for each carriage return
// that none follows.
type CRReader struct{ Text *bufio.Reader }

// Read reads the text.
func (c CRReader) Read(p []byte) (int, error) {
	n, err := c.Text.Read(p)
	for i, b := range p[:n] {
		if b != '\r' {
			continue
		}
		next := p[i+1 : n]
		if len(next) == 0 {
			next, _ = c.Text.Peek(1) // Read returns an error of it next time
		}
		if len(next) == 0 || next[0] != '\n' {
			p[i] = '\n'
		}
	}
	return n, err
}

// EndLines waits for the first bytes of a text and returns a reader of it. If lines end at
// carriage returns there, it is a CRReader.
func EndLines(r io.Reader) io.Reader {
	in := bufio.NewReaderSize(r, headBytes)
	in.Peek(1) // the reader returns its error
	if start, _ := in.Peek(in.Buffered()); EndsAtCR(start) {
		return CRReader{in}
	}
	return in
}

// endLines returns r, a text that begins with head, with lines that end at LF.
func (s *Source) endLines(r *bufio.Reader, name string, head []byte) *bufio.Reader {
	if !EndsAtCR(head) {
		return r
	}
	if s.atCR == "" {
		s.atCR = name
	}
	r = bufio.NewReaderSize(CRReader{r}, headBytes)
	r.Peek(1) // buffers the head; the reader returns its error
	return r
}
