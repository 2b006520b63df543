package sets

import (
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// stsColumns are the columns of a pair of sentences.
type stsColumns struct {
	a, b, score int
	subset      int // -1: none

	names     [3]string // of a, b and score, for people
	scoreName string    // in the header, as in scoreNames; "" if it has none
	inference bool      // the sentences are a premise and a hypothesis
}

// least returns the number of columns that a record must have.
func (c stsColumns) least() int { return max(c.a, c.b, c.score) + 1 }

// The names that files of sentence pairs give their columns, without regard to
// case, spaces, _ and -.
var (
	sentenceNames = [][2]string{{"sentence1", "sentence2"}, {"sentencea", "sentenceb"}, {"text1", "text2"}, {"s1", "s2"}, {"premise", "hypothesis"}}
	scoreNames    = []string{"score", "similarityscore", "relatednessscore", "similarity", "label", "goldlabel"}
	subsetNames   = []string{"genre", "subset"}
)

// namedSTS finds the columns of a pair by their names.
func namedSTS(header []string) (c stsColumns, ok bool) {
	plain := strings.NewReplacer(" ", "", "_", "", "-", "")
	names := make([]string, len(header))
	for i, name := range header {
		if len(name) <= 40 {
			names[i] = strings.ToLower(plain.Replace(name))
		}
	}
	find := func(choice []string) int {
		for _, name := range choice {
			if i := slices.Index(names, name); i >= 0 {
				return i
			}
		}
		return -1
	}
	c = stsColumns{a: -1, b: -1, score: find(scoreNames), subset: find(subsetNames)}
	for _, pair := range sentenceNames {
		a, b := slices.Index(names, pair[0]), slices.Index(names, pair[1])
		if a >= 0 && b >= 0 {
			c.a, c.b, c.inference = a, b, pair[0] == "premise"
			break
		}
	}
	if c.score >= 0 {
		c.scoreName = names[c.score]
	}
	return c, c.a >= 0 && c.score >= 0
}

// detect finds where the pairs of a file are, from its first records, and whether the first is a
// header.
func (p *stsParser) detect(rows [][]string) (header bool, err error) {
	first, given := rows[0], p.options.ScoreColumn-1
	name := func(c stsColumns, of func(i int) string) {
		c.names = [3]string{of(c.a), of(c.b), of(c.score)}
		p.columns = c
	}
	if given >= len(first) {
		return false, fault.Field("ScoreColumn", "columns are counted from 1", "must be one of the %s of the first record, got %d", fault.Count(len(first), "column"), given+1)
	}
	if c, ok := namedSTS(first); ok || c.a >= 0 && given >= 0 {
		if given >= 0 {
			c.score, c.scoreName = given, "score"
		}
		name(c, func(i int) string { return strconv.Quote(first[i]) })
		return true, nil
	}
	c := stsColumns{a: 0, b: 1, score: 2, subset: -1}
	if len(first) >= 7 && isNumber(first[4]) && !isNumber(first[5]) && !isNumber(first[6]) && (given < 0 || given == 4) {
		c = stsColumns{a: 5, b: 6, score: 4, subset: 0, scoreName: "score"}
	} else if err := p.detectScore(&c, rows, given); err != nil {
		return false, err
	}
	name(c, func(i int) string { return "column " + strconv.Itoa(i+1) })
	// A header has a word in place of the score; a field with a digit may be a mistyped score.
	header = len(first) > c.score && first[c.score] != "" && !strings.ContainsAny(first[c.score], "0123456789") && !p.labels.Named(first[c.score])
	return header, nil
}

// detectScore finds the column of the score in rows without well-known names: given, if it is
// not negative, or the only one that mostly holds scores. The sentences are the first two others.
func (p *stsParser) detectScore(c *stsColumns, rows [][]string, given int) error {
	width, filled := len(rows[0]), make([]int, len(rows[0]))
	judged := rows
	if len(rows) > 1 {
		judged = rows[1:] // the first may be a header
	}
	for _, row := range judged {
		for i, field := range row[:min(width, len(row))] {
			if isNumber(field) || p.labels.Named(field) {
				filled[i]++
			}
		}
	}
	isScore := func(i int) bool { return 2*filled[i] >= len(judged) && filled[i] > 0 }
	var scores, others []int
	for i := range width {
		if i != given && !isScore(i) {
			others = append(others, i)
		} else if i != given {
			scores = append(scores, i)
		}
	}
	switch {
	case given >= 0:
		c.score, c.scoreName = given, "score"
		if others = append(others, scores...); len(others) < 2 {
			return nil // the record is too short, which is reported when it is read
		}
		c.a, c.b = others[0], others[1]
	case width < 4 && (width < 3 || isScore(2)):
	case len(scores) > 1:
		var names []string
		for _, i := range scores {
			names = append(names, strconv.Itoa(i+1))
		}
		return fault.Mention("give the column of the score with ScoreColumn, or name the columns sentence1, sentence2 and score in a header",
			"cannot tell which column is the score: columns %s hold numbers", strings.Join(names, ", "))
	case len(scores) == 1 && len(others) >= 2:
		c.score, c.a, c.b = scores[0], others[0], others[1]
	}
	return nil
}
