package corpora

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// "New York" is not what "new" and "york" add up to. Words that stand together
// more often than chance has it are found by FindPhrases, and joined to one
// token, new_york, by a Tokenizer made WithPhrases; such tokens then get a vector
// of their own. It is word2phrase of Mikolov et al., "Distributed Representations
// of Words and Phrases and their Compositionality" (2013), section 4. A pass joins
// two words, and perhaps connectors between them; a second pass, over text in
// which the phrases of the first are joined, finds new_york_times.

// PhraseScorer says how much two words belong together. With n the words of the
// text, and the counts a, b of the two words and ab of the pair:
//
//	word2phrase   (ab - minCount) / (a·b) · n
//	npmi          ln(ab·n / (a·b)) / -ln(ab/n)
//
// The first is that of the program word2phrase: how many times more often than by
// chance, with a discount so that pairs of rare words do not win. It has no upper
// end and grows with the text. gensim multiplies by the number of different words
// and pairs where word2phrase has n, so its thresholds are others. The second is
// the normalised pointwise mutual information of Bouma, "Normalized (Pointwise)
// Mutual Information in Collocation Extraction" (2009): 1 for words that are
// never apart, 0 for chance.
type PhraseScorer string

const (
	Word2Phrase PhraseScorer = "word2phrase"
	NPMI        PhraseScorer = "npmi"
)

// score of a pair with the given counts in a text of n words.
func (s PhraseScorer) score(a, b, ab, minCount, n int64) float64 {
	if s == NPMI {
		return math.Log(float64(ab)/float64(a)*float64(n)/float64(b)) / -math.Log(float64(ab)/float64(n))
	}
	return float64(ab-minCount) / float64(a) / float64(b) * float64(n)
}

// DefaultThreshold is what phrases must score above by default: 100 for
// word2phrase, as that program has it, 0.5 for npmi.
func (s PhraseScorer) DefaultThreshold() float64 {
	if s == NPMI {
		return 0.5
	}
	return 100
}

// EnglishConnectors may stand inside an English phrase: bank_of_america.
var EnglishConnectors = []string{"a", "an", "the", "for", "of", "with", "without", "at", "from", "to", "in", "on", "by", "and", "or"}

// MaxPhraseWords is the most words that FindPhrases takes together in one pass,
// connectors counted.
const MaxPhraseWords = 8

// PhraseOptions say what FindPhrases takes for a phrase. Start from
// DefaultPhraseOptions.
type PhraseOptions struct {
	// Tokenizer finds the words. One that joins phrases makes this a further pass.
	// Default: NewWordTokenizer(WordOptions{}).
	Tokenizer *Tokenizer
	// Scorer is word2phrase or npmi. Default: word2phrase.
	Scorer PhraseScorer
	// Threshold is what the score must be above. Default: 100 for word2phrase, 0.5 for npmi.
	Threshold float64
	// MinCount is how often a phrase must occur, and the discount of word2phrase. Default 5.
	MinCount int64
	// Connectors are words that may stand between the two and are not scored. Default: none.
	Connectors []string
	// MaxPairs bounds the pairs that are counted at a time, about 40 bytes each: above
	// it, looked at every 16 MiB of text, the rarest are forgotten. Default 32 Mi.
	MaxPairs int
	// OnProgress hears, from one goroutine at a time, how much of the source has been read. Default: nobody.
	OnProgress func(done, size int64)
}

// DefaultPhraseOptions are those of word2phrase; for another scorer, with its threshold.
func DefaultPhraseOptions(s PhraseScorer) PhraseOptions {
	return PhraseOptions{Scorer: s, Threshold: s.DefaultThreshold(), MinCount: DefaultMinCount, MaxPairs: 1 << 25}
}

// Validate names the field that is out of range.
func (o PhraseOptions) Validate() error {
	switch {
	case o.Scorer != Word2Phrase && o.Scorer != NPMI:
		return fault.New("choose word2phrase or npmi", "no scorer is called %q", string(o.Scorer))
	case o.Scorer == Word2Phrase && !(o.Threshold >= 0 && o.Threshold <= math.MaxFloat64):
		return fault.New("100 is usual; a lower one gives more phrases", "threshold %g of word2phrase is not from 0 up", o.Threshold)
	case o.Scorer == NPMI && !(o.Threshold >= -1 && o.Threshold <= 1):
		return fault.New("0.5 is usual; a lower one gives more phrases", "threshold %g of npmi is not from -1 to 1", o.Threshold)
	case o.MinCount < 1:
		return fault.New("5 is usual", "min-count %d is below 1", o.MinCount)
	case o.MaxPairs < 1:
		return fault.New("32 million pairs take about 1.3 GB", "max-pairs %d is below 1", o.MaxPairs)
	}
	return nil
}

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
func (p *Phrases) sort() {
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

// checkPhrase says why words cannot be a phrase.
func checkPhrase(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("%q is one word, and a phrase has two or more", strings.Join(words, " "))
	}
	length := len(words) - 1
	for _, w := range words {
		if err := checkToken(w); err != nil {
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
