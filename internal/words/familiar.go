package words

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// familiar lists words that are tried in order until enough of them are found in the
// vocabulary.
var familiar = []string{
	"king", "paris", "music", "water", "computer",
	"war", "science", "dog", "city", "red", "three", "love", "day", "people", "time",
}

// commonRank is roughly the end of the function words in a vocabulary sorted by
// frequency.
const commonRank = 100

// Familiar returns up to n words of v whose neighbors most readers can judge.
func Familiar(v *tokenize.Vocabulary, n int) []string {
	var words []string
	for _, w := range familiar {
		if _, ok := v.ID(w); ok && len(words) < n {
			words = append(words, w)
		}
	}
	for _, id := range v.ByCount()[min(commonRank, v.Len()/2):] {
		if len(words) == n {
			break
		}
		if w := v.Token(id); !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return words
}

// Salient returns up to n words that are frequent in the text of a model and carry its content:
// those with the longest vectors among the most frequent, after the very first. Of words that are
// equally frequent, those that occur in few contexts, unlike function words, have the longer
// vectors (Schakel and Wilson, "Measuring Word Significance using Distributed Representations of
// Words", 2015), in any language.
func Salient(c *checkpoints.Checkpoint, n int) []string {
	const skipped, frequent = 100, 200
	v, rows := c.Vocabulary, c.Embedding()
	ids := v.ByCount()
	ids = ids[min(skipped, len(ids)/10):]
	length := func(id int32) float64 {
		sum := 0.0
		for _, x := range rows.Row(int(id)) {
			sum += float64(x) * float64(x)
		}
		return math.Sqrt(sum)
	}
	var words []int32
	for _, id := range ids {
		if w := v.Token(id); len(w) > 2 && strings.IndexFunc(w, notLetter) < 0 && len(words) < frequent {
			words = append(words, id)
		}
	}
	slices.SortStableFunc(words, func(a, b int32) int { return cmp.Compare(length(b), length(a)) })
	for _, id := range ids { // ids, such as those of goods
		if len(words) < n && !slices.Contains(words, id) {
			words = append(words, id)
		}
	}
	var found []string
	for _, id := range words[:min(n, len(words))] {
		found = append(found, v.Token(id))
	}
	return found
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.M, r) }
