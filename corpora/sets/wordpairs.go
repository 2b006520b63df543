package sets

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/data"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// WordPairs is a test of word similarity: pairs of words, and how similar
// people found them.
type WordPairs struct {
	Name  string
	Pairs []WordPair
}

// WordPair is two words as the file spells them and their score; only the
// order of the scores of a set matters.
type WordPair struct {
	A, B  string
	Score float64
}

// WordSim353 returns the bundled WordSim-353 (Finkelstein and others, 2002):
// 353 pairs with scores from 0 to 10.
func WordSim353() *WordPairs {
	set, err := parseWordPairs(context.Background(), text.FromBytes("wordsim-353", data.WordSim353))
	if err != nil {
		panic("corpora: bundled WordSim-353: " + err.Error()) // the file is part of the program
	}
	set.Name = "WordSim-353"
	return set
}

// ReadWordPairs reads a set of word pairs: a line a pair, two words and a
// number, between tabs, commas (CSV) or spaces; what follows the number is
// left out. The first line may be a header, lines that begin with # are
// comments, blank ones count for nothing. The file may be compressed.
func ReadWordPairs(path string) (*WordPairs, error) {
	src, err := openSet(path)
	if err != nil {
		return nil, err
	}
	return parseWordPairs(context.Background(), src)
}

// openSet opens the one file of an evaluation set.
func openSet(path string) (*text.Source, error) {
	src, err := text.Open(path)
	if err != nil {
		return nil, err
	}
	if len(src.Inputs()) != 1 {
		return nil, fault.New("name the sets one by one", "%s is %d files, not one evaluation set", path, len(src.Inputs()))
	}
	return src, nil
}

func parseWordPairs(ctx context.Context, src *text.Source) (*WordPairs, error) {
	const hint = "each line is two words and a number, as in: cat TAB dog TAB 7.35"
	set := &WordPairs{Name: setName(src)}
	header := false
	err := eachLine(ctx, src, func(at text.Chunk, line string) error {
		fields := fields(line)
		if len(fields) < 3 {
			return fault.New(hint, "%s:%d: %d fields in %.80q, not two words and a score", at.File, at.Line, len(fields), line)
		}
		score, err := strconv.ParseFloat(fields[2], 64)
		if err != nil && len(set.Pairs) == 0 && !header {
			header = true
			return nil
		}
		if err != nil || math.IsNaN(score) || math.IsInf(score, 0) {
			return fault.New(hint, "%s:%d: score %.40q is no number", at.File, at.Line, fields[2])
		}
		if fields[0] == "" || fields[1] == "" {
			return fault.New(hint, "%s:%d: a word is missing in %.80q", at.File, at.Line, line)
		}
		set.Pairs = append(set.Pairs, WordPair{fields[0], fields[1], score})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(set.Pairs) == 0 {
		return nil, fault.New(hint, "%s holds no word pairs", src.Names()[0])
	}
	return set, nil
}

// setName is the name of the file without folder and endings.
func setName(src *text.Source) string {
	name := src.Names()[0]
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	for _, ending := range []string{".gz", ".bz2", ".zst", ".txt", ".tsv", ".csv", ".tab", ".jsonl"} {
		if short := strings.TrimSuffix(name, ending); short != "" {
			name = short
		}
	}
	return name
}

// eachLine calls fn with every line that is not blank and no comment, trimmed.
func eachLine(ctx context.Context, src *text.Source, fn func(at text.Chunk, line string) error) error {
	return src.Read(ctx, func(c text.Chunk) error {
		if !c.LineEnd {
			return fault.New("is this an evaluation set, or a corpus?", "%s:%d: the line is longer than %d bytes", c.File, c.Line, text.MaxChunk)
		}
		line := strings.TrimSpace(string(c.Text))
		if line == "" || line[0] == '#' {
			return nil
		}
		return fn(c, line)
	})
}

// fields cuts a line at tabs if it has one, else at commas, else at spaces.
func fields(line string) []string {
	switch {
	case strings.ContainsRune(line, '\t'):
		return trimmed(strings.Split(line, "\t"))
	case strings.ContainsRune(line, ','):
		r := csv.NewReader(strings.NewReader(line))
		r.LazyQuotes = true
		record, err := r.Read()
		if err != nil && !errors.Is(err, io.EOF) {
			return trimmed(strings.Split(line, ","))
		}
		return trimmed(record)
	}
	return strings.Fields(line)
}

func trimmed(fields []string) []string {
	for i, f := range fields {
		fields[i] = strings.TrimSpace(f)
	}
	return fields
}
