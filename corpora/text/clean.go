package text

import (
	"bufio"
	"bytes"
	"unicode/utf8"
)

// cleaner reads text, replaces each invalid UTF-8 byte with U+FFFD and each NUL with a space,
// and counts these repairs with their positions. Line breaks are unchanged.
type cleaner struct {
	*liner // counts and repairs
	r      *bufio.Reader
	buf    []byte
	ready  []byte // the part of buf that Read returns next
	err    error
}

func (c *cleaner) Read(p []byte) (int, error) {
	for len(c.ready) == 0 {
		if c.err != nil {
			return 0, c.err
		}
		c.fill()
	}
	n := copy(p, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

// fill prepares the bytes that have arrived for Read. If they end inside a character, it waits for more.
func (c *cleaner) fill() {
	window, err := c.r.Peek(1)
	if err == nil {
		window, err = c.r.Peek(c.r.Buffered())
	}
	n := wholeCharacters(window)
	for n == 0 && err == nil {
		window, err = c.r.Peek(len(window) + 1)
		n = wholeCharacters(window)
	}
	if n == 0 {
		c.err = err
		n = len(window) // the file ends inside a character
	}
	out := c.buf[:0]
	for rest := window[:n]; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			end = len(rest)
		}
		out = append(out, c.repaired(rest[:end])...)
		c.offset += int64(end)
		if rest[end-1] == '\n' {
			c.line++
			c.lineStart = c.offset
		}
		rest = rest[end:]
	}
	c.buf, c.ready = out, out
	if _, err := c.r.Discard(n); err != nil {
		c.err = err
	}
}

// wholeCharacters returns the length of text without an incomplete character at its end.
func wholeCharacters(text []byte) int {
	for i := len(text) - 1; i >= 0 && i > len(text)-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRune(text[i:]) {
				return i
			}
			break
		}
	}
	return len(text)
}
