package corpora

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// WordCounts counts the words of texts, to make a vocabulary of them. One goroutine
// may use it.
type WordCounts struct {
	tokenizer *tokenize.Tokenizer
	counts    map[string]int64
	most      int   // different words kept
	below     int64 // words were dropped that had been seen so often or less
}

// NewWordCounts returns counts of the words that tokenizer finds.
func NewWordCounts(tokenizer *tokenize.Tokenizer) *WordCounts {
	return &WordCounts{tokenizer: tokenizer, counts: map[string]int64{}, most: defaultDistinct}
}

// Add counts the words of a text. When there are more different ones than BuildOptions
// keeps by default, the rarest are forgotten.
func (c *WordCounts) Add(text []byte) {
	c.tokenizer.Words(text, func(word []byte) { c.counts[string(word)]++ })
	for len(c.counts) > c.most {
		c.below++
		maps.DeleteFunc(c.counts, func(_ string, n int64) bool { return n <= c.below })
	}
}

// Dropped returns how often a word may have been seen and be forgotten for want of
// room; 0: none was.
func (c *WordCounts) Dropped() int64 { return c.below }

// Vocabulary returns the words that were seen minCount times or more, at most most
// of them, from the most frequent; those seen equally often in the order of their bytes.
// No such word is an error.
func (c *WordCounts) Vocabulary(minCount int64, most int) (*tokenize.Vocabulary, error) {
	var words []string
	for word, n := range c.counts {
		if n >= minCount {
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return nil, fault.New("give more text, or a lower --min-count", "none of the %d different words occurs %d times or more", len(c.counts), minCount)
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
