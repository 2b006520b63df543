package sets

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/luminavec/luminavec/internal/fault"
)

// WordColumns are the columns of a file of word pairs, from 1.
type WordColumns struct {
	Words        [2]int `json:"words"`
	Score        int    `json:"score"`
	Header       bool   `json:"header"`                  // the first line names the columns
	DecimalComma bool   `json:"decimal_comma,omitempty"` // scores are written as in 7,35
}

// String returns "words in columns 1-2, score in column 4".
func (c WordColumns) String() string {
	words := fmt.Sprintf("%d and %d", c.Words[0], c.Words[1])
	if c.Words[1] == c.Words[0]+1 {
		words = fmt.Sprintf("%d-%d", c.Words[0], c.Words[1])
	}
	text := fmt.Sprintf("words in columns %s, score in column %d", words, c.Score)
	if c.DecimalComma {
		text += ", with decimal commas"
	}
	return text
}

// hintScore names the option that decides.
const hintScore = "choose the column of the scores with ScoreColumn"

// Names of the column of scores, as plainName returns them, and parts of such names.
var (
	scoreTitles = []string{"score", "gold", "goldscore", "goldstandard", "similarity", "relatedness", "sim", "rel", "mean", "average", "avg",
		"human", "humanmean", "humanscore", "meanscore", "averagescore", "rating", "meanrating", "averagerating", "simlex999", "simlex", "simverb", "simverb3500"}
	scoreParts = []string{"score", "gold", "similarity", "relatedness", "mean", "average", "avg", "human", "rating"}
	// A column whose name begins so has the spread of the scores, not the scores.
	spreadParts = []string{"sd", "std", "stdev", "stderr", "var", "n", "no", "count", "freq"}
)

// wordColumns finds the columns of word pairs. score is that of the scores, from 1, or 0.
func (t *table) wordColumns(score int) (WordColumns, error) {
	c := WordColumns{Header: t.header}
	var err error
	if c.Score, err = t.scoreColumn(score); err != nil {
		return c, err
	}
	if c.Words, err = t.wordPair(c.Score - 1); err != nil {
		return c, err
	}
	if c.Score <= len(t.columns) {
		s := t.columns[c.Score-1]
		c.DecimalComma = s.commas > 0
		switch {
		case s.commas > 0 && s.points > 0:
			return c, fault.New("write all scores in the same way", "the scores in column %d have decimal points and decimal commas", c.Score)
		case s.commas > 0 && s.groups == s.commas && s.large > 0:
			return c, fault.New("write the scores without commas between thousands", "the commas of the scores in column %d may be thousands separators or decimal commas", c.Score)
		}
	}
	return c, nil
}

// texts returns the columns of which more than half of the fields are texts.
func (t *table) texts() (found []*column) {
	for i := range t.columns {
		if c := &t.columns[i]; 2*c.texts > len(t.rows) {
			found = append(found, c)
		}
	}
	return found
}

// scoreColumn returns the column of the scores, from 1: given, if it is not 0; else the only
// column of numbers, one that the header calls so, or the mean of the others.
func (t *table) scoreColumn(given int) (int, error) {
	var numbers []*column
	for i := range t.columns {
		if c := &t.columns[i]; c.numeric(len(t.rows)) {
			numbers = append(numbers, c)
		}
	}
	if given != 0 {
		for _, c := range numbers {
			if c.index == given-1 {
				return given, nil
			}
		}
		if given < 0 || given > len(t.columns) {
			return 0, fault.Field("ScoreColumn", "columns are counted from 1", "must be from 1 to %d, the number of columns, got %d", len(t.columns), given)
		}
		return 0, fault.Field("ScoreColumn", "columns are counted from 1", "must be a column of numbers, but column %d holds texts such as %.40q", given, t.columns[given-1].example)
	}
	texts := t.texts()
	switch {
	case len(numbers) == 0 || len(texts) < 2 && len(t.columns) == 3: // words may be numbers
		return 3, nil
	case t.header:
		if c := named(numbers, func(name string) bool { return slices.Contains(scoreTitles, name) }); len(c) > 0 {
			return t.only(c)
		}
		rest := slices.DeleteFunc(slices.Clone(numbers), notScore)
		if c := named(rest, func(name string) bool {
			return slices.ContainsFunc(scoreParts, func(part string) bool { return strings.Contains(name, part) })
		}); len(c) > 0 {
			return t.only(c)
		}
		if len(rest) > 0 {
			numbers = rest
		}
	}
	// What precedes both words and differs in each row numbers the rows, as does 1, 2, 3 ….
	before := func(c *column) bool { return len(texts) >= 2 && c.index < texts[1].index && c.whole && c.distinct() }
	counts := func(c *column) bool { return c.counts() }
	for _, number := range []func(*column) bool{before, counts} {
		if rest := slices.DeleteFunc(slices.Clone(numbers), number); len(rest) > 0 {
			numbers = rest
		}
	}
	if len(numbers) == 1 && before(numbers[0]) && numbers[0].counts() && len(t.rows) > 1 {
		return 0, fault.Mention("add a column of scores; if these are the scores, "+hintScore, "no score: the only numbers, in column %d, are line numbers", numbers[0].index+1)
	}
	return t.only(numbers)
}

func named(columns []*column, fits func(name string) bool) (found []*column) {
	for _, c := range columns {
		if c.name != "" && fits(c.name) {
			found = append(found, c)
		}
	}
	return found
}

// notScore reports whether the name of a column says that it is not the score: that of one
// annotator, a number of the row or a spread.
func notScore(c *column) bool {
	if c.name == "" {
		return false
	}
	stem := strings.TrimRightFunc(c.name, unicode.IsDigit)
	return stem == "" || stem != c.name && slices.Contains([]string{"rater", "annotator", "subject", "judge", "worker", "user", "rating", "score", "a", "r", "s", "h", "p"}, stem) ||
		slices.Contains([]string{"id", "index", "idx", "nr", "rank", "row"}, c.name) || slices.Contains(spreadParts, stem) ||
		strings.HasPrefix(c.name, "sd") || strings.HasPrefix(c.name, "std")
}

// only returns the score among columns of numbers, from 1.
func (t *table) only(columns []*column) (int, error) {
	same := true
	for _, c := range columns[1:] {
		same = same && slices.EqualFunc(c.values, columns[0].values, func(a, b float64) bool { return a == b || a != a && b != b })
	}
	if same {
		return columns[0].index + 1, nil
	}
	for _, pick := range []func([]*column) *column{mean, decimal} {
		if c := pick(columns); c != nil {
			return c.index + 1, nil
		}
	}
	var names []string
	for i, c := range columns {
		if i == 8 {
			names = append(names, "…")
			break
		}
		what := c.example
		if c.title != "" {
			what = c.title
		}
		names = append(names, fmt.Sprintf("%d (%.40s)", c.index+1, what))
	}
	return 0, fault.Mention(hintScore, "cannot tell which column is the score: columns %s hold numbers", strings.Join(names, ", "))
}

// mean returns the one column that is, but for rounding, the mean of all others in nearly every
// row, or nil. Annotators may be missing from a row.
func mean(columns []*column) *column {
	if len(columns) < 3 {
		return nil
	}
	var found *column
	for _, c := range columns {
		rows, fit := 0, 0
		for row, v := range c.values {
			sum, n := 0.0, 0.0
			for _, other := range columns {
				if x := other.values[row]; other != c && !math.IsNaN(x) {
					sum, n = sum+x, n+1
				}
			}
			if math.IsNaN(v) || n == 0 {
				continue
			}
			rows++
			if math.Abs(v-sum/n) <= 0.51*math.Pow10(-c.decimals)+1e-9*math.Abs(v) {
				fit++
			}
		}
		if rows > 0 && 10*fit >= 9*rows {
			if found != nil {
				return nil
			}
			found = c
		}
	}
	return found
}

// decimal returns the one column with decimals among at least two columns of whole numbers, before
// or after them, or nil: a mean over annotators of which the file does not have all, or a score
// beside counts.
func decimal(columns []*column) *column {
	var found *column
	for _, c := range columns {
		if c.whole {
			continue
		}
		if found != nil {
			return nil
		}
		found = c
	}
	if len(columns) < 3 || found != columns[0] && found != columns[len(columns)-1] {
		return nil
	}
	return found
}

// counts reports whether the numbers are 0, 1, 2 … or 1, 2, 3 ….
func (c *column) counts() bool {
	for i, v := range c.values {
		if v != c.values[0]+float64(i) {
			return false
		}
	}
	return len(c.values) > 0 && (c.values[0] == 0 || c.values[0] == 1)
}

// distinct reports whether no number occurs twice.
func (c *column) distinct() bool {
	sorted := slices.Sorted(slices.Values(c.values))
	return len(slices.Compact(sorted)) == len(c.values)
}

// wordPair returns the columns of the words, from 1. score is the place of the score.
func (t *table) wordPair(score int) ([2]int, error) {
	texts := slices.DeleteFunc(t.texts(), func(c *column) bool { return c.index == score })
	if pair, ok := numbered(texts); ok {
		return pair, nil
	}
	if before := slices.DeleteFunc(slices.Clone(texts), func(c *column) bool { return c.index > score }); len(before) >= 2 {
		texts = before
	}
	// Parts of speech, relations, languages, ids and contexts are not the words.
	for _, other := range []func(*column) bool{t.tags, t.identifiers, t.labels, t.sentences} {
		if rest := slices.DeleteFunc(slices.Clone(texts), other); len(rest) >= 2 {
			texts = rest
		}
	}
	switch {
	case len(texts) == 2:
		return [2]int{texts[0].index + 1, texts[1].index + 1}, nil
	case len(texts) > 2:
		var names []string
		for _, c := range texts {
			names = append(names, fmt.Sprintf("%d (%.40s)", c.index+1, c.example))
		}
		return [2]int{}, fault.New("name the columns word1 and word2 in a first line, or remove the others",
			"cannot tell which columns are the two words: columns %s hold texts", strings.Join(names, ", "))
	}
	// Words that are numbers, or are missing.
	pair := [2]int{1, 2}
	if score < 2 {
		pair = [2]int{2 - score, 3}
	}
	return pair, nil
}

// numbered returns the first columns that the header calls by one name with 1 and 2, or a and b,
// such as word1 and word2.
func numbered(texts []*column) (pair [2]int, ok bool) {
	for _, a := range texts {
		for _, ends := range []string{"12", "ab"} {
			stem, isFirst := strings.CutSuffix(a.name, ends[:1])
			if !isFirst || slices.Contains([]string{"pos", "tag", "context", "sentence", "id", "lang", "freq"}, stem) {
				continue
			}
			for _, b := range texts {
				if b.name == stem+ends[1:] {
					return [2]int{a.index + 1, b.index + 1}, true
				}
			}
		}
	}
	return pair, false
}

// Relations of SimVerb-3500 and the like end in -nym or -nyms, or are one of otherRelations.
var otherRelations = []string{"none", "related", "unrelated", "other"}

var partsOfSpeech = []string{"nn", "vb", "jj", "rb", "adj", "adv", "noun", "verb", "adjective", "adverb"}

// each reports whether all texts of a column fit.
func (t *table) each(c *column, fits func(s string) bool) bool {
	for _, r := range t.rows {
		if c.index < len(r.fields) && r.fields[c.index] != "" && !fits(r.fields[c.index]) {
			return false
		}
	}
	return true
}

// tags reports whether all texts of a column are parts of speech, relations or single characters.
func (t *table) tags(c *column) bool {
	return t.each(c, func(s string) bool {
		s = strings.ToLower(s)
		return utf8.RuneCountInString(s) == 1 || slices.Contains(partsOfSpeech, s) || slices.Contains(otherRelations, s) || strings.HasSuffix(strings.TrimSuffix(s, "s"), "nym")
	})
}

// labels reports whether a column has few different texts for its rows.
func (t *table) labels(c *column) bool {
	seen := map[string]bool{}
	t.each(c, func(s string) bool { seen[s] = true; return true })
	return len(t.rows) > 1 && len(seen) <= max(1, len(t.rows)/10)
}

// identifiers reports whether all texts of a column differ and have a digit.
func (t *table) identifiers(c *column) bool {
	seen := map[string]bool{}
	return t.each(c, func(s string) bool {
		again := seen[s]
		seen[s] = true
		return !again && strings.ContainsAny(s, "0123456789")
	})
}

// sentences reports whether most texts of a column have more than four words.
func (t *table) sentences(c *column) bool {
	long := 0
	t.each(c, func(s string) bool {
		if len(strings.Fields(s)) > 4 {
			long++
		}
		return true
	})
	return 2*long > len(t.rows)
}
