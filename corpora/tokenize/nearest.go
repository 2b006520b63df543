package tokenize

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Nearest returns at most n tokens that are spelled like token, as suggestions for an
// unknown word: those within two edits, or one edit for words of up to four letters. An
// edit inserts, deletes or changes a letter, or swaps two neighbors. Letter case is
// ignored. Tokens with fewer edits come first, then those that are more frequent.
func (v *Vocabulary) Nearest(token string, n int) []string {
	if n <= 0 || len(token) > MaxWordBytes {
		return nil
	}
	want := []rune(strings.ToLower(token))
	most := 2
	if len(want) <= 4 {
		most = 1
	}
	type candidate struct {
		edits int
		id    int32
	}
	var found []candidate
	var d editDistance
	var runes []rune
	for id, t := range v.tokens {
		// Often the lengths alone show that the distance is too large.
		if l := utf8.RuneCountInString(t); l < len(want)-most || l > len(want)+most {
			continue
		}
		runes = runes[:0]
		for _, r := range strings.ToLower(t) {
			runes = append(runes, r)
		}
		if e := d.within(want, runes, most); e <= most {
			found = append(found, candidate{e, int32(id)})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		if a.edits != b.edits {
			return a.edits - b.edits
		}
		if c, e := v.counts[a.id], v.counts[b.id]; c != e {
			if c > e {
				return -1
			}
			return 1
		}
		return int(a.id) - int(b.id)
	})
	var tokens []string
	for _, c := range found[:min(n, len(found))] {
		tokens = append(tokens, v.tokens[c.id])
	}
	return tokens
}

// editDistance holds three rows of the optimal string alignment table.
type editDistance struct{ before, last, row []int }

// within returns the distance between a and b, or most+1 if it is larger than most.
func (d *editDistance) within(a, b []rune, most int) int {
	for len(d.row) <= len(b) {
		d.before, d.last, d.row = append(d.before, 0), append(d.last, 0), append(d.row, 0)
	}
	before, last, row := d.before, d.last, d.row
	for j := 0; j <= len(b); j++ {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			e := min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				e = min(e, before[j-2]+1)
			}
			row[j] = e
			least = min(least, e)
		}
		if least > most {
			return most + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
