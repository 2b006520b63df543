package tokenize

import (
	"fmt"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/models"
)

// The meaning of "New York" is not the sum of "new" and "york". learn.FindPhrases finds words
// that occur together more often than by chance; a Tokenizer made by WithPhrases joins them
// into one token, new_york, which then gets its own vector. The method is word2phrase of
// Mikolov et al., "Distributed Representations of Words and Phrases and their Compositionality"
// (2013), section 4. One pass joins two words, with connectors between them if allowed; a
// second pass, over text in which the first phrases are joined, finds new_york_times.

// Phrase is two or more words that belong together.
type Phrase struct {
	Words []string // each as the tokenizer emits it
	Score float64  // see learn.PhraseScorer; 0 in lists made by hand
	Count int64    // occurrences in the text where it was found
}

// Token returns the joined words: new_york.
func (p Phrase) Token() string { return strings.Join(p.Words, "_") }

// Phrases is a list of phrases that are joined in the same pass.
type Phrases struct {
	Name  string // for errors: the file
	List  []Phrase
	Lines []int // for errors: the line of each phrase, if it was read from a file
}

// at returns the position of phrase i for errors.
func (p *Phrases) at(i int) string {
	if i < len(p.Lines) {
		return fmt.Sprintf("%s:%d", p.Name, p.Lines[i])
	}
	return fmt.Sprintf("%s: phrase %d", p.Name, i+1)
}

// Sort sorts the list by score, best first; then by count, highest first; then by words.
func (p *Phrases) Sort() {
	slices.SortFunc(p.List, func(x, y Phrase) int {
		switch {
		case x.Score != y.Score:
			if x.Score > y.Score {
				return -1
			}
			return 1
		case x.Count != y.Count:
			if x.Count > y.Count {
				return -1
			}
			return 1
		}
		return slices.Compare(x.Words, y.Words)
	})
}

// Validate returns an error if the words cannot be a phrase: there must be at least two of
// them, without spaces, and together they must not be longer than MaxWordBytes.
func (p Phrase) Validate() error {
	words := p.Words
	if len(words) < 2 {
		return fmt.Errorf("%q is one word, but a phrase has at least two", strings.Join(words, " "))
	}
	length := len(words) - 1
	for _, w := range words {
		if err := models.CheckToken(w); err != nil {
			return fmt.Errorf("a word of %q: %w", strings.Join(words, " "), err)
		}
		if strings.ContainsRune(w, ' ') {
			return fmt.Errorf("a word of %q: %q contains a space", strings.Join(words, " "), w)
		}
		length += len(w)
	}
	if length > MaxWordBytes {
		return fmt.Errorf("a phrase of %d bytes is longer than the maximum of %d", length, MaxWordBytes)
	}
	return nil
}
