package sets

import (
	"context"
	"math"
	"strconv"

	"github.com/luminavec/luminavec/corpora/data"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// WordPairs is a test of word similarity: pairs of words with scores for how similar people
// found them.
type WordPairs struct {
	Name  string
	Pairs []WordPair
}

// WordPair is two words, spelled as in the file, and their score. Only the order of the scores
// in a set matters.
type WordPair struct {
	A, B  string
	Score float64
}

// WordSim353 returns the bundled WordSim-353 (Finkelstein and others, 2002):
// 353 pairs with scores from 0 to 10.
func WordSim353() *WordPairs {
	set, err := parseWordPairs(context.Background(), text.FromBytes("wordsim-353", data.WordSim353))
	if err != nil {
		panic("sets: bundled WordSim-353: " + err.Error()) // the file is part of the program
	}
	set.Name = "WordSim-353"
	return set
}

// ReadWordPairs reads a set of word pairs: one pair per line, two words and a number, separated
// by tabs, commas (CSV) or spaces; anything after the number is ignored. The first line may be
// a header. Lines that start with # and blank lines are skipped. The file may be compressed.
func ReadWordPairs(ctx context.Context, path string) (*WordPairs, error) {
	src, err := open(path)
	if err != nil {
		return nil, err
	}
	return parseWordPairs(ctx, src)
}

func parseWordPairs(ctx context.Context, src *text.Source) (*WordPairs, error) {
	const hint = "each line is two words and a number, as in: cat TAB dog TAB 7.35"
	set := &WordPairs{Name: nameOf(src)}
	header := false
	err := eachLine(ctx, src, func(at text.Position, line string) error {
		fields := fields(line)
		if len(fields) < 3 {
			return at.Errorf(hint, "expected two words and a score but found %s: %.80q", fault.Count(len(fields), "field"), line)
		}
		score, err := strconv.ParseFloat(fields[2], 64)
		if err != nil && len(set.Pairs) == 0 && !header {
			header = true
			return nil
		}
		if err != nil || math.IsNaN(score) || math.IsInf(score, 0) {
			return at.Errorf(hint, "score %.40q is not a number", fields[2])
		}
		if fields[0] == "" || fields[1] == "" {
			return at.Errorf(hint, "a word is missing in %.80q", line)
		}
		set.Pairs = append(set.Pairs, WordPair{fields[0], fields[1], score})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(set.Pairs) == 0 {
		return nil, fault.New(hint, "%s holds no word pairs", text.Describe(src.Names()[0]))
	}
	return set, nil
}
