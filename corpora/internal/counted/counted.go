// Package counted is the format of files of counts: what the words, phrases and pieces of a text,
// or of a shard of it, are counted into, so that the counts of several processes can be added.
//
// A file is tab-separated. Its first line is a mark and a JSON object that says what was counted;
// each other line is a key of one or more fields and its count.
package counted

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// mark begins the first line of a file. It cannot be a line of a vocab.tsv, because no count
// follows it.
const mark = "#luminavec\t"

// Kinds of files.
const (
	Words     = "words"     // a vocabulary
	Phrases   = "phrases"   // words and pairs of words
	Tokenizer = "tokenizer" // words as a tokenizer that is to be learned splits them
)

// Header says what was counted.
type Header struct {
	Kind          string `json:"counts"`
	Tokenizer     string `json:"tokenizer,omitempty"` // fingerprint of what split the text
	Options       string `json:"options,omitempty"`   // other options on which the counts depend
	Subwords      bool   `json:"subwords,omitempty"`  // the rows are all tokens of a tokenizer, in its order
	Words         int64  `json:"words"`               // of the text
	Distinct      int    `json:"distinct"`
	MinCount      int64  `json:"min_count,omitempty"`      // rows with lower counts were left out; 0 or 1: none
	MaxVocabulary int    `json:"max_vocabulary,omitempty"` // only so many rows were kept; 0: all
	Dropped       int64  `json:"dropped,omitempty"`        // rows that did not fit in memory
	Below         int64  `json:"dropped_below,omitempty"`  // the highest count of these
	Skipped       int64  `json:"skipped,omitempty"`        // words that were too long
	Shard         string `json:"shard,omitempty"`          // i/n; "": the whole text
	Corpus        string `json:"corpus,omitempty"`         // of which text, see text.Division
	Rows          int    `json:"rows,omitempty"`           // of the file of a shard; 0: not known
}

// SetShard records the shard that a source was reduced to.
func (h *Header) SetShard(src *text.Source) {
	if d := src.Division(); d != nil {
		h.Shard, h.Corpus = d.Shard.String(), d.Corpus
	}
}

// Complete reports whether all counts are there.
func (h *Header) Complete() bool { return h.MinCount <= 1 && h.MaxVocabulary == 0 }

// Marked reports whether the start of a file is that of a file of counts.
func Marked(start []byte) bool { return bytes.HasPrefix(start, []byte(mark)) }

// Writer writes a file.
type Writer struct {
	w    *bufio.Writer
	n    int64
	line []byte
}

// NewWriter writes the header. The number of rows that follow is recorded for a shard, of which the
// file must be complete; other files may be edited.
func NewWriter(w io.Writer, h Header, rows int) (*Writer, error) {
	if h.Rows = 0; h.Shard != "" {
		h.Rows = rows
	}
	data, err := plainjson.Marshal(h, "")
	if err != nil {
		return nil, err
	}
	c := &Writer{w: bufio.NewWriterSize(w, 64<<10)}
	n, err := c.w.WriteString(mark + string(bytes.TrimSpace(data)) + "\n")
	c.n = int64(n)
	return c, err
}

// Row writes a row. Tabs, line breaks and backslashes in keys are escaped if escaped is set;
// without it keys must not have tabs and line breaks.
func (c *Writer) Row(escaped bool, count int64, keys ...string) error {
	c.line = c.line[:0]
	for _, key := range keys {
		if escaped {
			key = escape.Replace(key)
		}
		c.line = append(append(c.line, key...), '\t')
	}
	c.line = append(strconv.AppendInt(c.line, count, 10), '\n')
	n, err := c.w.Write(c.line)
	c.n += int64(n)
	return err
}

// Flush writes what is left and returns the length of the file.
func (c *Writer) Flush() (int64, error) { return c.n, c.w.Flush() }

var (
	escape   = strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)
	unescape = strings.NewReplacer(`\\`, "\\", `\t`, "\t", `\n`, "\n", `\r`, "\r")
)

const hint = "name files that were written for a shard, unchanged"

// maxLine is the length of the longest line.
const maxLine = 1 << 20

// Read reads a file of the given kind, and calls row with each row; errors refer to it as name.
// Files without a header are passed on if plain is set. keys is the number of fields before the
// count; 0: any.
func Read(name string, r io.Reader, kind string, keys int, escaped, plain bool, row func(count int64, keys []string) error) (Header, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	var h Header
	n := 0
	bad := func(format string, args ...any) error {
		return fault.New(hint, "%s:%d: %w", name, n, fmt.Errorf(format, args...))
	}
	ended := false
	for lines.Scan() {
		n++
		line := lines.Bytes()
		ended = true
		if n == 1 {
			rest, marked := bytes.CutPrefix(line, []byte(mark))
			switch {
			case marked:
				if err := plainjson.Unmarshal(rest, &h); err != nil {
					return h, bad("bad header: %w", err)
				}
				if h.Kind != kind {
					return h, fault.New(hint, "%s holds counts of %s, not of %s", name, shown(h.Kind), kind)
				}
				if err := h.validate(); err != nil {
					return h, bad("bad header: %w", err)
				}
				continue
			case !plain:
				return h, fault.New(hint, "%s is not a file of counts: its first line is %.40q", name, line)
			}
		}
		if !utf8.Valid(line) {
			return h, bad("invalid UTF-8")
		}
		fields := strings.Split(string(line), "\t")
		last := len(fields) - 1
		if last < 1 || keys > 0 && last != keys {
			return h, bad("expected a key and a count but found %.60q", line)
		}
		count, err := strconv.ParseInt(fields[last], 10, 64)
		if err != nil || count < 0 {
			return h, bad("%.60q is not a count", fields[last])
		}
		fields = fields[:last]
		if escaped {
			for i := range fields {
				fields[i] = unescape.Replace(fields[i])
			}
		}
		if err := row(count, fields); err != nil {
			return h, bad("%w", err)
		}
	}
	if err := lines.Err(); err != nil {
		n++
		if errors.Is(err, bufio.ErrTooLong) {
			return h, bad("the line is longer than %d bytes", maxLine)
		}
		return h, fmt.Errorf("cannot read %s: %w", name, fault.Cause(err))
	}
	if !ended {
		return h, fault.New(hint, "%s is empty", name)
	}
	if h.Rows != 0 && h.Rows != n-1 {
		return h, fault.New(hint, "%s is not complete: it holds %d of %d rows", name, n-1, h.Rows)
	}
	return h, nil
}

func shown(kind string) string {
	if kind == "" {
		return "something else"
	}
	return strconv.Quote(kind)
}

func (h *Header) validate() error {
	for _, n := range []int64{h.Words, int64(h.Distinct), h.MinCount, int64(h.MaxVocabulary), h.Dropped, h.Below, h.Skipped, int64(h.Rows)} {
		if n < 0 {
			return fmt.Errorf("%d is negative", n)
		}
	}
	if h.Shard == "" {
		return nil
	}
	_, err := text.ParseShard(h.Shard)
	return err
}

// A File is a file whose header was read.
type File struct {
	Name string
	Header
}

// Merge checks that files can be added and returns the header of their sum: all of them are
// complete and were counted with the same options, and for each corpus there is every shard once.
func Merge(files []File) (Header, error) {
	if len(files) == 0 {
		return Header{}, fault.New("name the files of all shards", "no counts to merge")
	}
	first := files[0]
	sum := Header{Kind: first.Kind, Tokenizer: first.Tokenizer, Options: first.Options, Subwords: first.Subwords}
	type place struct{ corpus, shard string }
	seen := map[place]string{}
	corpora := map[string][]File{}
	var order []string
	for _, f := range files {
		for _, c := range []struct {
			what     string
			was, now any
		}{{"tokenizer settings", first.Tokenizer, f.Tokenizer}, {"options", first.Options, f.Options}, {"tokens", first.Subwords, f.Subwords}} {
			if c.was != c.now {
				return sum, fault.New("count all shards with the same options", "%s was counted with different %s than %s", f.Name, c.what, first.Name)
			}
		}
		if !f.Complete() {
			return sum, fault.Mention("count it again with MinCount 1 and without MaxVocabulary, or as Shard 1/1", "%s does not hold all counts: rare words were left out", f.Name)
		}
		if f.Shard != "" {
			at := place{f.Corpus, f.Shard}
			if was, ok := seen[at]; ok && was == f.Name {
				return sum, fault.New("name each shard once", "%s is named twice", was)
			} else if ok {
				return sum, fault.New("name each shard once", "%s and %s are the same shard, %s", was, f.Name, f.Shard)
			}
			seen[at] = f.Name
			if corpora[f.Corpus] == nil {
				order = append(order, f.Corpus)
			}
			corpora[f.Corpus] = append(corpora[f.Corpus], f)
		}
		sum.Words += f.Words
		sum.Dropped += f.Dropped
		sum.Below = max(sum.Below, f.Below)
		sum.Skipped += f.Skipped
	}
	for _, corpus := range order {
		other := order[0]
		if other == corpus {
			other = order[len(order)-1]
		}
		if err := whole(corpora[corpus], corpora[other][0]); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// whole returns an error unless the files are all shards of a text; other is a shard of a
// different text, if there is one.
func whole(files []File, other File) error {
	var held []int
	of := 0
	for _, f := range files {
		shard, _ := text.ParseShard(f.Shard)
		if of == 0 {
			of = shard.Of
		}
		if shard.Of != of {
			return fault.New("divide the text into the same number of shards", "%s is shard %s, but %s is shard %s of the same text", f.Name, f.Shard, files[0].Name, files[0].Shard)
		}
		held = append(held, shard.Index)
	}
	for i := 1; i <= of; i++ {
		if slices.Contains(held, i) {
			continue
		}
		if other.Corpus != files[0].Corpus {
			return fault.New("divide the same files, named in the same order, in all processes", "shard %d/%d is missing of the text of %s; %s is a shard of different text", i, of, files[0].Name, other.Name)
		}
		return fault.New("name the files of all shards", "shard %d/%d is missing", i, of)
	}
	return nil
}
