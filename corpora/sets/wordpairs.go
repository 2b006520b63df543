package sets

import (
	"context"
	"fmt"
	"strings"

	"github.com/luminavec/luminavec/corpora/data"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// WordPairs is a test of word similarity: pairs of words with scores for how similar people
// found them.
type WordPairs struct {
	Name    string
	Pairs   []WordPair
	Columns WordColumns // where the file has them
}

// Undecided says why no model has a correlation with the set, or is empty.
func (s *WordPairs) Undecided() string {
	return undecided(len(s.Pairs), func(i int) (a, b string, score float64) { p := s.Pairs[i]; return p.A, p.B, p.Score })
}

// undecided says why the scores of n pairs have no correlation with cosines, or is empty.
func undecided(n int, pair func(i int) (a, b string, score float64)) string {
	sameScore, sameTexts := true, true
	var first float64
	for i := range n {
		a, b, score := pair(i)
		if i == 0 {
			first = score
		}
		sameScore, sameTexts = sameScore && score == first, sameTexts && a == b
	}
	switch {
	case n == 0:
		return ""
	case sameScore:
		return fmt.Sprintf("the correlation is undefined: all scores are %v", first)
	case sameTexts:
		return "the correlation is undefined: both sides of each pair are the same"
	}
	return ""
}

// WordPairsOptions controls how a file of word pairs is read.
type WordPairsOptions struct {
	ScoreColumn int // column of the scores, from 1; default 0: detected
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

// ReadWordPairs reads a set of word pairs with the default options; see [WordPairsOptions.Read].
func ReadWordPairs(ctx context.Context, path string) (*WordPairs, error) {
	return WordPairsOptions{}.Read(ctx, path)
}

// Read reads a set of word pairs: one pair per line, two words and a score. The columns are
// separated by tabs, semicolons, commas (CSV) or spaces, the same in the whole file. The first
// line may be a header. Lines that start with # and blank lines are skipped. The file may be
// compressed.
//
// The score is the only column of numbers. If there are several, it is the one that the header
// calls score, similarity, relatedness, rating, mean, gold or the like, the one that is the mean
// of the others (of annotators), or the only one with decimals before or after at least two of
// whole numbers; a column that numbers the lines is not the score. The
// words are the two columns of texts; parts of speech and other labels beside them are ignored.
// Scores may have decimal commas. If it remains unclear which column is the score, the error
// names the candidates. The result says which columns were read.
func (o WordPairsOptions) Read(ctx context.Context, path string) (*WordPairs, error) {
	src, err := open(path)
	if err != nil {
		return nil, err
	}
	return o.parse(ctx, src)
}

func parseWordPairs(ctx context.Context, src *text.Source) (*WordPairs, error) {
	return WordPairsOptions{}.parse(ctx, src)
}

func (o WordPairsOptions) parse(ctx context.Context, src *text.Source) (*WordPairs, error) {
	p := pairParser{set: &WordPairs{Name: nameOf(src)}, score: o.ScoreColumn, file: text.Describe(src.Names()[0])}
	err := eachLine(ctx, src, func(at text.Position, line string) error {
		if line[0] == '{' && strings.HasSuffix(line, "}") && len(p.rows) == 0 {
			return at.Errorf(hintPairs, "expected columns but found JSON: %.80q", line)
		}
		r := row{at: at, line: line}
		if p.settled {
			r.fields = splitAt(line, p.sep)
			return p.add(r)
		}
		if p.rows = append(p.rows, r); len(p.rows) == maxRows {
			return p.settle()
		}
		return nil
	})
	if err == nil && !p.settled {
		err = p.settle()
	}
	if err == nil && len(p.set.Pairs) == 0 {
		err = fault.New(hintPairs, "%s holds no word pairs", p.file)
	}
	if err != nil {
		return nil, err
	}
	return p.set, nil
}

const hintPairs = "each line is two words and a number, as in: cat TAB dog TAB 7.35"

// pairParser collects the pairs of one file.
type pairParser struct {
	set     *WordPairs
	file    string
	score   int   // as in the options
	rows    []row // before the columns are settled
	settled bool
	sep     rune
}

// settle finds the columns, and adds the pairs of the rows read so far.
func (p *pairParser) settle() error {
	p.settled, p.sep = true, splitRows(p.rows)
	for _, r := range p.rows {
		if len(r.fields) < 3 {
			return r.at.Errorf(hintPairs, "expected two words and a score but found %s: %.80q", fault.Count(len(r.fields), "field"), r.line)
		}
	}
	t, first := newTable(p.rows, p.sep), p.rows[:min(1, len(p.rows))]
	if p.rows = nil; len(t.rows) == 0 {
		return nil
	}
	if t.header && !t.named && t.sep != ' ' {
		for _, r := range t.rows {
			if n := len(first[0].fields); len(r.fields) > n {
				return r.at.Errorf("name all columns in the first line; decimal commas need another separator than commas, or quotes",
					"expected the %d columns that the first line names but found %d: %.80q", n, len(r.fields), r.line)
			}
		}
	}
	var err error
	if p.set.Columns, err = t.wordColumns(p.score); err != nil {
		return fmt.Errorf("%s: %w", p.file, err)
	}
	for _, r := range t.rows {
		if err := p.add(r); err != nil {
			return err
		}
	}
	return nil
}

// add appends the pair of a row.
func (p *pairParser) add(r row) error {
	c := p.set.Columns
	switch most := max(c.Words[0], c.Words[1], c.Score); {
	case len(r.fields) < 3:
		return r.at.Errorf(hintPairs, "expected two words and a score but found %s: %.80q", fault.Count(len(r.fields), "field"), r.line)
	case len(r.fields) < most:
		return r.at.Errorf(hintPairs, "expected %d columns but found %d: %.80q", most, len(r.fields), r.line)
	}
	score, _, ok := number(r.fields[c.Score-1])
	if !ok {
		return r.at.Errorf(hintPairs, "score %.40q is not a number", r.fields[c.Score-1])
	}
	a, b := strings.Clone(r.fields[c.Words[0]-1]), strings.Clone(r.fields[c.Words[1]-1])
	if a == "" || b == "" {
		return r.at.Errorf(hintPairs, "a word is missing in %.80q", r.line)
	}
	p.set.Pairs = append(p.set.Pairs, WordPair{a, b, score})
	return nil
}
