package tokenize

import (
	"fmt"
	"slices"
	"strings"
)

// "New York" is not what "new" and "york" add up to. Words that stand together
// more often than chance has it are found by FindPhrases, and joined to one
// token, new_york, by a Tokenizer made WithPhrases; such tokens then get a vector
// of their own. It is word2phrase of Mikolov et al., "Distributed Representations
// of Words and Phrases and their Compositionality" (2013), section 4. A pass joins
// two words, and perhaps connectors between them; a second pass, over text in
// which the phrases of the first are joined, finds new_york_times.

// Phrase is words that belong together.
type Phrase struct {
	Words []string // at least two, each as the tokenizer writes it
	Score float64
	Count int64
}

// Token is what the words become when they are joined: new_york.
func (p Phrase) Token() string { return strings.Join(p.Words, "_") }

// Phrases is a list of phrases that are joined in the same pass. Name stands in
// errors; Lines, when not nil, has the line of each phrase in the file.
type Phrases struct {
	Name  string
	List  []Phrase
	Lines []int
}

// at says where phrase i stands.
func (p *Phrases) at(i int) string {
	if i < len(p.Lines) {
		return fmt.Sprintf("%s:%d", p.Name, p.Lines[i])
	}
	return fmt.Sprintf("%s: phrase %d", p.Name, i+1)
}

// sort puts the best first, phrases of equal score by count and then by their words.
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

// CheckPhrase says why words cannot be a phrase.
func CheckPhrase(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("%q is one word, and a phrase has two or more", strings.Join(words, " "))
	}
	length := len(words) - 1
	for _, w := range words {
		if err := CheckToken(w); err != nil {
			return fmt.Errorf("a word of %q: %w", strings.Join(words, " "), err)
		}
		if strings.ContainsRune(w, ' ') {
			return fmt.Errorf("a word of %q: %q holds a space", strings.Join(words, " "), w)
		}
		length += len(w)
	}
	if length > MaxWordBytes {
		return fmt.Errorf("a phrase of %d bytes is longer than %d", length, MaxWordBytes)
	}
	return nil
}
