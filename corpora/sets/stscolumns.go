package sets

import (
	"slices"
	"strings"
)

// stsColumns are the columns of a pair of sentences.
type stsColumns struct {
	a, b, score int
	subset      int // -1: none
}

// least returns the number of columns that a record must have.
func (c stsColumns) least() int { return max(c.a, c.b, c.score) + 1 }

// The names that files of sentence pairs give their columns, without regard to
// case, spaces, _ and -.
var (
	sentenceNames = [][2]string{{"sentence1", "sentence2"}, {"sentencea", "sentenceb"}, {"text1", "text2"}, {"s1", "s2"}}
	scoreNames    = []string{"score", "similarityscore", "relatednessscore", "similarity", "label"}
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
			c.a, c.b = a, b
			break
		}
	}
	return c, c.a >= 0 && c.score >= 0
}

// detectSTS returns where the pairs of a file are, from its first record, and whether that
// record is a header.
func detectSTS(first []string) (c stsColumns, header bool) {
	if c, ok := namedSTS(first); ok {
		return c, true
	}
	if len(first) >= 7 && isNumber(first[4]) && !isNumber(first[5]) && !isNumber(first[6]) {
		return stsColumns{a: 5, b: 6, score: 4, subset: 0}, false
	}
	c = stsColumns{a: 0, b: 1, score: 2, subset: -1}
	// A header has a word in place of the score; a field with a digit may be a mistyped score.
	header = len(first) >= 3 && first[2] != "" && !strings.ContainsAny(first[2], "0123456789")
	return c, header
}
