package documents

import (
	"bufio"
	"bytes"
	"path"
)

// readText reads plain text, and text whose headings its name shows how to find.
func readText(r *reading, in *bufio.Reader) error {
	s := &sections{r: r}
	var m markup
	switch path.Ext(plainName(r.file.Name)) {
	case ".rst":
		m = &restructured{levels: map[string]int{}}
	case ".adoc", ".asciidoc":
		m = prefixed('=')
	case ".org":
		m = prefixed('*')
	case ".srt", ".vtt":
		m = subtitles{}
	}
	r.whole = r.whole || m != nil
	err := r.windows(in, lastBlank, func(data []byte) error {
		if m == nil {
			s.body.add(data, r.base)
			return s.finish()
		}
		return s.markup(m, data)
	})
	if err != nil || m == nil {
		return err
	}
	return s.finish()
}

// lastBlank returns where the last blank line of a text ends, or 0.
func lastBlank(data []byte) int {
	for end := len(data); end > 0; {
		i := bytes.LastIndexByte(data[:end], '\n')
		if i <= 0 {
			return 0
		}
		before := bytes.TrimRight(data[:i], " \t\r")
		if len(before) > 0 && before[len(before)-1] == '\n' {
			return i + 1
		}
		end = i
	}
	return 0
}

// markup finds headings, and what is not text, in the lines of a text.
type markup interface {
	// next describes the lines at the start of text: how many bytes they have, and the level of the
	// heading at text[from:to], 0 if they are text, and -1 if they are neither.
	next(text []byte) (n, level, from, to int)
}

// markup reads a part of a text with headings.
func (s *sections) markup(m markup, data []byte) error {
	for at := 0; at < len(data); {
		n, level, from, to := m.next(data[at:])
		switch {
		case level == 0:
			s.body.add(data[at:at+n], s.r.base+int64(at))
		case level > 0:
			var f flow
			f.add(data[at+from:at+to], s.r.base+int64(at+from))
			if s.r.title == "" && len(s.trail) == 0 && level == 1 {
				s.r.title = display(bytes.TrimSpace(data[at+from : at+to]))
			}
			if err := s.heading(level, f); err != nil {
				return err
			}
		}
		at += n
	}
	return s.end()
}

// lineEnd returns the length of the first line of a text with its line break.
func lineEnd(text []byte) int {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return i + 1
	}
	return len(text)
}

// prefixed is the markup of AsciiDoc and of Org: a heading begins with as many characters as its level.
type prefixed byte

func (p prefixed) next(text []byte) (n, level, from, to int) {
	n = lineEnd(text)
	for level < n && level < 9 && text[level] == byte(p) {
		level++
	}
	if level == 0 || level == n || text[level] != ' ' || len(bytes.TrimSpace(text[level:n])) == 0 {
		return n, 0, 0, 0
	}
	return n, level, level + 1, n
}

// restructured is the markup of reStructuredText: a heading is underlined, or between two lines.
type restructured struct {
	levels map[string]int // of the characters of lines, in the order in which they appear
}

// adornment returns the character of which a line consists, 0 if there are several.
func adornment(line []byte) byte {
	line = bytes.TrimRight(line, " \t\r\n")
	if len(line) < 3 || bytes.IndexByte([]byte("=-~`:'\"^_*+#<>."), line[0]) < 0 || len(bytes.Trim(line, string(line[:1]))) > 0 {
		return 0
	}
	return line[0]
}

func (r *restructured) next(text []byte) (n, level, from, to int) {
	first := lineEnd(text)
	second := first + lineEnd(text[first:])
	title, under := text[:first], text[first:second]
	style, end := "", second
	if c := adornment(title); c != 0 {
		third := second + lineEnd(text[second:])
		if adornment(text[second:third]) != c || len(bytes.TrimSpace(under)) == 0 {
			return first, 0, 0, 0
		}
		from, to, style, end = first, second, string([]byte{c, c}), third
	} else {
		c := adornment(under)
		if c == 0 || len(bytes.TrimSpace(title)) == 0 || title[0] == ' ' || len(bytes.TrimSpace(under)) < len([]rune(string(bytes.TrimSpace(title)))) {
			return first, 0, 0, 0
		}
		from, to, style = 0, first, string(c)
	}
	if r.levels[style] == 0 {
		r.levels[style] = len(r.levels) + 1
	}
	return end, r.levels[style], from, to
}

// subtitles is the markup of SubRip and WebVTT, whose numbers and times are not text.
type subtitles struct{}

func (subtitles) next(text []byte) (n, level, from, to int) {
	n = lineEnd(text)
	line := bytes.TrimSpace(text[:n])
	switch {
	case bytes.Contains(line, []byte("-->")), len(line) == 0, bytes.HasPrefix(line, []byte("WEBVTT")):
		return n, -1, 0, 0
	case len(bytes.Trim(line, "0123456789")) == 0 && bytes.Contains(text[n:n+lineEnd(text[n:])], []byte("-->")):
		return n, -1, 0, 0
	}
	return n, 0, 0, 0
}
