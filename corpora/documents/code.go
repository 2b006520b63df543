package documents

import (
	"bufio"
	"bytes"
	"path"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// minified is the mean length of lines, in bytes, above which code is not for reading.
const minified = 500

// readCode reads source code: blocks between blank lines, those that begin at the start of a line
// first.
func readCode(r *reading, in *bufio.Reader) error {
	head, _ := in.Peek(min(headBytes, in.Size()))
	if lines := bytes.Count(head, []byte{'\n'}) + 1; len(head)/lines > minified {
		return &unreadable{"minified code", fault.New("", "%s has lines of %d bytes on average: it is minified or generated", r.name(), len(head)/lines)}
	}
	r.code = true
	r.title = path.Base(strings.ReplaceAll(r.file.Path, `\`, "/"))
	if r.file.Name != "" {
		r.title = r.file.Name
	}
	c := &codeBlocks{sections: sections{r: r}}
	return r.windows(in, lastBlank, func(data []byte) error {
		c.body.add(data, r.base)
		switch r.source.options.Split {
		case ByKind, Section:
			return c.blocks()
		}
		return c.finish()
	})
}

// codeBlocks divides code into passages.
type codeBlocks struct {
	sections
	outer *heading // the last line before that is not indented
}

// blocks emits the passages of the code that was read.
func (c *codeBlocks) blocks() error {
	f := c.body
	c.body = flow{}
	text, chunk := f.text, c.r.source.options.Chunk
	start, words := 0, 0
	var first, last *heading // the outer lines where the passage starts, and now
	last = c.outer
	best, bestWords := 0, 0 // the best place to end the passage, and the words before it
	bestOuter := last
	rank := 0 // of best: 1 a line, 2 a blank line, 3 one before a line that is not indented
	first = last
	emit := func(end int) error {
		var trail []*heading
		if first != nil && text[start] <= ' ' {
			trail = []*heading{first}
		}
		part := f.part(start, end)
		return c.cut(trail, &part, c.r.count(part.text))
	}
	blank := false
	for at := 0; at < len(text); {
		end := at + bytes.IndexByte(text[at:], '\n') + 1
		if end == at {
			end = len(text)
		}
		line := bytes.TrimSpace(text[at:end])
		n := c.r.count(line)
		if len(line) > 0 && at > start {
			now := 1
			switch {
			case blank && text[at] > ' ' && !closing(line):
				now = 3
			case blank:
				now = 2
			}
			if words > 0 && (now >= rank && (now > 1 || rank <= 1) && words*3 >= chunk || rank == 0) {
				best, bestWords, rank, bestOuter = at, words, now, last
			}
			if words+n > chunk && words > 0 {
				if rank == 0 || best <= start {
					best, bestWords, bestOuter = at, words, last
				}
				if err := emit(best); err != nil {
					return err
				}
				start, words, first = best, words-bestWords, bestOuter
				rank = 0
			}
		}
		if len(line) > 0 {
			blank = false
			if text[at] > ' ' && !closing(line) && len(line) < 200 {
				last = &heading{level: 1, text: strings.Join(strings.Fields(display(line)), " ")}
			}
		} else {
			blank = true
		}
		words += n
		at = end
	}
	c.outer = last
	if start < len(text) && words > 0 {
		return emit(len(text))
	}
	return nil
}

// closing reports whether a line that is not indented ends what is before it: }, ), end.
func closing(line []byte) bool {
	return strings.IndexByte("})]>", line[0]) >= 0 || bytes.Equal(line, []byte("end"))
}
