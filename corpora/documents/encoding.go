package documents

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// longestRecoded is the size limit of files that are not UTF-8, which are read as a whole.
const longestRecoded = 64 << 20

// encoding returns the name of the encoding of a file that is not UTF-8, whether its characters
// have two bytes, and the length of its byte order mark.
func encoding(head []byte, kind Kind) (name string, wide bool, mark int) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return "", false, 3
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")): // UTF-32
		return "", false, 0
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return "utf-16le", true, 2
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "utf-16be", true, 2
	case kind != HTML || bytes.IndexByte(head, 0) >= 0:
		return "", false, 0
	}
	ascii := bytes.IndexByte(head, 0x1b) < 0 // ISO-2022-JP
	if valid := utf8.Valid(head[:whole(head)]); valid && ascii {
		return "", false, 0
	}
	_, name, _ = charset.DetermineEncoding(head, "")
	if name == "utf-8" {
		name = ""
	}
	return name, false, 0
}

// recode holds where the lines of a file in another encoding start.
type recode struct {
	starts []int64
	size   int64
}

// place sets the bytes of a passage to those of its lines.
func (c *recode) place(p *Passage) {
	if c == nil {
		return
	}
	p.Start, p.End = c.starts[min(p.FirstLine-1, len(c.starts)-1)], c.size
	if p.LastLine < len(c.starts) {
		p.End = c.starts[p.LastLine]
	}
}

// recoded returns the file in UTF-8.
func (r *reading) recoded(in *bufio.Reader, name string, wide bool, mark int) (*bufio.Reader, error) {
	raw, err := io.ReadAll(io.LimitReader(in, longestRecoded+1))
	switch {
	case err != nil:
		return nil, r.broken(err)
	case len(raw) > longestRecoded:
		return nil, r.unfit("too long for its encoding", "convert it first: iconv -f "+name+" -t UTF-8 FILE",
			"%s is longer than %d MiB, the limit for text in %s", r.name(), longestRecoded>>20, name)
	}
	e, _ := charset.Lookup(name)
	text, err := e.NewDecoder().Bytes(raw[mark:])
	if err != nil {
		return nil, r.unfit(reasonDamaged, "", "%s is not text in %s: %w", r.name(), name, err)
	}
	if wide && notText(text[:min(len(text), headBytes)]) != "" {
		return nil, &unreadable{"binary data", notTextError(r.name(), "binary data")}
	}
	c := &recode{starts: []int64{int64(mark)}, size: int64(len(raw))}
	for i := mark; i < len(raw); i++ {
		switch {
		case !wide && raw[i] == '\n':
			c.starts = append(c.starts, int64(i)+1)
		case wide && i&1 == 0 && i+1 < len(raw):
			if name == "utf-16le" && raw[i] == '\n' && raw[i+1] == 0 || name == "utf-16be" && raw[i] == 0 && raw[i+1] == '\n' {
				c.starts = append(c.starts, int64(i)+2)
			}
		}
	}
	r.lines, r.size = c, int64(len(text))
	r.note("encoding", name)
	return bufio.NewReader(bytes.NewReader(text)), nil
}
