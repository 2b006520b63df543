package sets

import (
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
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

// labelled reports whether the name of the score is that of a label.
func (c stsColumns) labelled() bool { return c.scoreName == "label" || c.scoreName == "goldlabel" }

// The names that files of sentence pairs give their columns, without regard to
// case, spaces, _ and -.
var (
	sentenceNames = [][2]string{{"sentence1", "sentence2"}, {"sentencea", "sentenceb"}, {"text1", "text2"}, {"s1", "s2"}, {"premise", "hypothesis"}}
	scoreNames    = []string{"score", "similarityscore", "relatednessscore", "similarity", "label", "goldlabel",
		"gold", "goldscore", "sim", "simscore", "relatedness", "meanscore", "avgscore", "averagescore", "humanscore"}
	subsetNames  = []string{"genre", "subset"}
	counterNames = []string{"id", "index", "idx", "pairid", "nr", "no", "number", "line", "year", "oldindex"}
)

// namedSTS finds the columns of a pair by their names.
func namedSTS(header []string) (c stsColumns, ok bool) {
	names := make([]string, len(header))
	for i, name := range header {
		names[i] = plainName(name)
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
		} else if again := slices.IndexFunc(first[c.score+1:], func(name string) bool { return plainName(name) == c.scoreName }); again >= 0 {
			return false, unclear([]int{c.score, c.score + 1 + again})
		}
		name(c, func(i int) string { return strconv.Quote(first[i]) })
		return true, nil
	}
	scores, others := p.numbers(rows)
	if c, _ := namedSTS(first); c.a >= 0 {
		scores = slices.DeleteFunc(scores, func(i int) bool { return i == c.a || i == c.b })
		if len(scores) != 1 {
			return false, unclear(scores)
		}
		c.score = scores[0]
		name(c, func(i int) string { return strconv.Quote(first[i]) })
		return true, nil
	}
	c := stsColumns{a: 0, b: 1, score: 2, subset: -1}
	switch width := len(first); {
	case len(first) >= 7 && isNumber(first[4]) && !isNumber(first[5]) && !isNumber(first[6]) && (given < 0 || given == 4):
		c = stsColumns{a: 5, b: 6, score: 4, subset: 0, scoreName: "score"}
	case given >= 0:
		c.score, c.scoreName = given, "score"
		others = slices.DeleteFunc(append(others, scores...), func(i int) bool { return i == given })
		if len(others) < 2 {
			break // the record is too short, which is reported when it is read
		}
		c.a, c.b = others[0], others[1]
	case width < 3 || width == 3 && slices.Contains(scores, 2) && (len(others) == 2 || len(rows) == 1):
	case len(scores) > 1:
		return false, unclear(scores)
	case len(scores) == 1 && len(others) >= 2:
		c.score, c.a, c.b = scores[0], others[0], others[1]
	case len(scores) == 1:
		return false, fault.New(hintSTS, "cannot tell which columns are the sentences: the columns are %s", fault.Names(first))
	}
	name(c, func(i int) string { return "column " + strconv.Itoa(i+1) })
	// A header has a word in place of the score; a field with a digit may be a mistyped score.
	header = text.NumbersColumns(first) && len(rows) > 1 && !isNumber(rows[1][c.a]) ||
		len(first) > c.score && first[c.score] != "" && !strings.ContainsAny(first[c.score], "0123456789") && !p.labels.Named(first[c.score])
	return header, nil
}

// numbers returns the columns that mostly hold scores, and the others. Columns with the name of
// a running number are neither.
func (p *stsParser) numbers(rows [][]string) (scores, others []int) {
	first := rows[0]
	filled := make([]int, len(first))
	judged := rows
	if len(rows) > 1 {
		judged = rows[1:] // the first may be a header
	}
	for _, row := range judged {
		for i, field := range row[:min(len(first), len(row))] {
			if isNumber(field) || p.labels.Named(field) {
				filled[i]++
			}
		}
	}
	for i, name := range first {
		switch {
		case slices.Contains(counterNames, plainName(name)):
		case 2*filled[i] >= len(judged) && filled[i] > 0:
			scores = append(scores, i)
		default:
			others = append(others, i)
		}
	}
	return scores, others
}

// unclear is the error for a file in which not exactly one column holds scores.
func unclear(scores []int) error {
	const hint = "give the column of the score with ScoreColumn, or name the columns sentence1, sentence2 and score in a header"
	if len(scores) == 0 {
		return fault.Mention(hint, "cannot tell which column is the score: no other column holds numbers")
	}
	var names []string
	for _, i := range scores {
		names = append(names, strconv.Itoa(i+1))
	}
	return fault.Mention(hint, "cannot tell which column is the score: columns %s hold numbers", strings.Join(names, ", "))
}
