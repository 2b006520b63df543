package text

import (
	"bufio"
	"bytes"
	"unicode/utf8"
)

// cleaner returns text with U+FFFD for each byte that is not UTF-8 and a space for each
// NUL, counted where they are in the file. Line breaks stay as they are.
type cleaner struct {
	*liner // counts and repairs
	r      *bufio.Reader
	buf    []byte
	ready  []byte // what Read has next, of buf
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

// fill makes ready what has arrived, and waits for more if that ends inside a character.
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

// wholeCharacters returns the length of text without a character that its end cuts.
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
