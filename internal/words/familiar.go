package words

import (
	"slices"

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
