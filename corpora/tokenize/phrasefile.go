package tokenize

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/pipe"
)

// phrases.tsv has one phrase per line, best first: its words separated by single
// spaces, a tab, the score to four decimal places, a tab, the count. A list made by
// hand may omit score and count. Joining ignores the score, so lines may be deleted and
// the file may be cut with head.

const hintPhrases = "each line is the words of a phrase, a tab, its score, a tab and its count; the words alone are enough"

// WriteTo writes phrases.tsv.
func (p *Phrases) WriteTo(w io.Writer) (int64, error) {
	b := bufio.NewWriterSize(w, 64<<10)
	var n int64
	var line []byte
	for _, phrase := range p.List {
		line = line[:0]
		for i, word := range phrase.Words {
			if i > 0 {
				line = append(line, ' ')
			}
			line = append(line, word...)
		}
		line = append(line, '\t')
		line = strconv.AppendFloat(line, phrase.Score, 'f', 4, 64)
		line = append(line, '\t')
		line = strconv.AppendInt(line, phrase.Count, 10)
		line = append(line, '\n')
		m, err := b.Write(line)
		n += int64(m)
		if err != nil {
			return n, err
		}
	}
	return n, b.Flush()
}

// OpenPhrases reads a phrases.tsv.
func OpenPhrases(path string) (*Phrases, error) {
	f, err := pipe.Open(path)
	if err != nil {
		var system *fs.PathError
		if errors.As(err, &system) {
			err = system.Err
		}
		return nil, fault.New("name a file of phrases (phrases.tsv)", "cannot read %s: %w", path, err)
	}
	defer f.Close()
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fault.New("name a file of phrases (phrases.tsv)", "%s is a folder, not a file of phrases", path)
	}
	return ReadPhrases(path, f)
}

// ReadPhrases reads a phrases.tsv, which may be compressed; errors refer to it as name. Blank
// lines are ignored; invalid UTF-8 is an error.
func ReadPhrases(name string, r io.Reader) (*Phrases, error) {
	p := &Phrases{Name: name}
	seen := map[string]int{} // line of each phrase
	src := text.FromReader(name, r)
	err := src.Read(context.Background(), func(c text.Chunk) error {
		fail := func(err error) error {
			return fault.New(hintPhrases, "%s:%d: %w", name, c.Line, err)
		}
		switch {
		case !c.LineEnd:
			return fail(fmt.Errorf("a line of more than %d bytes", text.MaxChunk))
		case src.Stats().Invalid > 0:
			return fail(fmt.Errorf("%.60q is not valid UTF-8", c.Text))
		case len(bytes.TrimSpace(c.Text)) == 0:
			return nil
		}
		phrase, err := parsePhrase(string(c.Text))
		if err != nil {
			return fail(err)
		}
		words := strings.Join(phrase.Words, " ")
		if first, ok := seen[words]; ok {
			return fail(fmt.Errorf("%q is already on line %d", words, first))
		}
		seen[words] = int(c.Line)
		p.List = append(p.List, phrase)
		p.Lines = append(p.Lines, int(c.Line))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(p.List) == 0 {
		return nil, fault.New(hintPhrases, "%s contains no phrases", name)
	}
	return p, nil
}

func parsePhrase(line string) (Phrase, error) {
	fields := strings.Split(line, "\t")
	p := Phrase{Words: strings.Split(fields[0], " ")}
	if err := p.Validate(); err != nil {
		return p, err
	}
	switch len(fields) {
	case 1:
		return p, nil
	case 3:
	default:
		return p, fmt.Errorf("expected 3 columns but found %d in %.60q", len(fields), line)
	}
	var err error
	if p.Score, err = strconv.ParseFloat(fields[1], 64); err != nil || math.IsNaN(p.Score) || math.IsInf(p.Score, 0) {
		return p, fmt.Errorf("%.60q is not a score", fields[1])
	}
	if p.Count, err = strconv.ParseInt(fields[2], 10, 64); err != nil || p.Count < 0 {
		return p, fmt.Errorf("%.60q is not a count", fields[2])
	}
	return p, nil
}

// WithPhraseFiles is [Tokenizer.WithPhrases] with the phrases of files, each a pass.
func (t *Tokenizer) WithPhraseFiles(names ...string) (*Tokenizer, error) {
	var lists []*Phrases
	for _, name := range names {
		list, err := OpenPhrases(name)
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	return t.WithPhrases(lists...)
}
