package corpora

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// WordCounts counts the words in texts for a vocabulary. It is not safe for concurrent use.
type WordCounts struct {
	tokenizer *tokenize.Tokenizer
	counts    map[string]int64
	most      int   // limit of distinct words
	below     int64 // words with this count or a lower one were dropped
}

// NewWordCounts returns empty counts of the words that tokenizer finds.
func NewWordCounts(tokenizer *tokenize.Tokenizer) *WordCounts {
	return &WordCounts{tokenizer: tokenizer, counts: map[string]int64{}, most: defaultDistinct}
}

// Add counts the words of a text. If there are more distinct words than the default of
// BuildOptions.MaxDistinct, the rarest are dropped.
func (c *WordCounts) Add(text []byte) {
	c.tokenizer.Words(text, func(word []byte) { c.counts[string(word)]++ })
	for len(c.counts) > c.most {
		c.below++
		maps.DeleteFunc(c.counts, func(_ string, n int64) bool { return n <= c.below })
	}
}

// Dropped returns the highest count of any dropped word when it was dropped, 0 if none was.
func (c *WordCounts) Dropped() int64 { return c.below }

// Vocabulary returns the words that occur at least minCount times, limited to the most frequent
// ones if there are more than the argument most. They are sorted by count, and words of equal
// count are in byte order. It is an error if there are none.
func (c *WordCounts) Vocabulary(minCount int64, most int) (*tokenize.Vocabulary, error) {
	var words []string
	for word, n := range c.counts {
		if n >= minCount {
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return nil, fault.Mention("give more text, or lower MinCount", "none of the %d distinct words occurs at least %d times", len(c.counts), minCount)
	}
	slices.SortFunc(words, func(a, b string) int {
		return cmp.Or(cmp.Compare(c.counts[b], c.counts[a]), strings.Compare(a, b))
	})
	words = words[:min(len(words), most)]
	counts := make([]int64, len(words))
	for i, word := range words {
		counts[i] = c.counts[word]
	}
	return tokenize.NewVocabulary(words, counts)
}
