package learn

import (
	"math"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// PhraseScorer is a measure of how strongly two words belong together. With the counts a
// and b of the words and ab of the pair, in a text of n words:
//
//	word2phrase   (ab - minCount) / (a·b) · n
//	npmi          ln(ab·n / (a·b)) / -ln(ab/n)
//
// The first is the score of the program word2phrase: how many times more often than by
// chance the words are adjacent, with a discount for pairs of rare words. It has no upper
// limit and grows with the text. gensim multiplies by the number of distinct words
// and pairs instead of n, so its thresholds differ. The second is the normalized
// pointwise mutual information of Bouma, "Normalized (Pointwise) Mutual Information in
// Collocation Extraction" (2009): 1 for words that always occur together, 0 for chance.
type PhraseScorer string

const (
	Word2Phrase PhraseScorer = "word2phrase"
	NPMI        PhraseScorer = "npmi"
)

// PhraseScorers returns all measures, the default first.
func PhraseScorers() []PhraseScorer { return []PhraseScorer{Word2Phrase, NPMI} }

// Summary describes the measure in a few words. It is empty for an unknown one.
func (s PhraseScorer) Summary() string {
	return map[PhraseScorer]string{
		Word2Phrase: "how many times more often than by chance, with a discount for rare pairs",
		NPMI:        "from -1 to 1; 1 for words that only occur together",
	}[s]
}

// score returns the score of a pair with the given counts in a text of n words.
func (s PhraseScorer) score(a, b, ab, minCount, n int64) float64 {
	if s == NPMI {
		return math.Log(float64(ab)/float64(a)*float64(n)/float64(b)) / -math.Log(float64(ab)/float64(n))
	}
	return float64(ab-minCount) / float64(a) / float64(b) * float64(n)
}

// DefaultThreshold returns the default of PhraseOptions.Threshold: 100 for word2phrase, as in
// that program, 0.5 for npmi.
func (s PhraseScorer) DefaultThreshold() float64 {
	if s == NPMI {
		return 0.5
	}
	return 100
}

// EnglishConnectors are words that may be inside an English phrase: bank_of_america.
var EnglishConnectors = []string{"a", "an", "the", "for", "of", "with", "without", "at", "from", "to", "in", "on", "by", "and", "or"}

// MaxPhraseWords is the maximum number of words of a phrase that FindPhrases finds in one
// pass, including connectors.
const MaxPhraseWords = 8

// PhraseOptions define which phrases FindPhrases finds. Start from DefaultPhraseOptions.
type PhraseOptions struct {
	// Tokenizer finds the words. If it joins phrases, these may become parts of longer ones.
	// Default: NewWordTokenizer(WordOptions{}).
	Tokenizer *tokenize.Tokenizer
	// Scorer is the measure. Default Word2Phrase.
	Scorer PhraseScorer
	// Threshold is the score that a phrase must exceed. Default 100 for word2phrase, 0.5
	// for npmi.
	Threshold float64
	// MinCount is how often a phrase must occur, and the discount of word2phrase. Default 5.
	MinCount int64
	// Connectors are words that may be between the two and are not scored. Default: none.
	Connectors []string
	// MaxPairs limits the number of pairs in memory, about 40 bytes each. If there are
	// more, the rarest are dropped; this is checked every 16 MiB of text. Default 32 Mi.
	MaxPairs int
	// OnProgress is called, from one goroutine at a time, with the bytes of the source that
	// have been read and its size. Default: none.
	OnProgress func(done, size int64)
}

// DefaultPhraseOptions returns the defaults of word2phrase, with the threshold of s.
func DefaultPhraseOptions(s PhraseScorer) PhraseOptions {
	return PhraseOptions{Scorer: s, Threshold: s.DefaultThreshold(), MinCount: 5, MaxPairs: 1 << 25}
}

// Validate returns an error that names the field that is out of range.
func (o PhraseOptions) Validate() error {
	switch {
	case o.Scorer != Word2Phrase && o.Scorer != NPMI:
		return fault.Field("Scorer", "choose word2phrase or npmi", "must be word2phrase or npmi, got %q", string(o.Scorer))
	case o.Scorer == Word2Phrase && !(o.Threshold >= 0 && o.Threshold <= math.MaxFloat64):
		return fault.Field("Threshold", "100 is usual; a lower one gives more phrases", "must not be negative for word2phrase, got %g", o.Threshold)
	case o.Scorer == NPMI && !(o.Threshold >= -1 && o.Threshold <= 1):
		return fault.Field("Threshold", "0.5 is usual; a lower one gives more phrases", "must be from -1 to 1 for npmi, got %g", o.Threshold)
	case o.MinCount < 1:
		return fault.Field("MinCount", "5 is usual", "must be at least 1, got %d", o.MinCount)
	case o.MaxPairs < 1:
		return fault.Field("MaxPairs", "32 million pairs take about 1.3 GB", "must be at least 1, got %d", o.MaxPairs)
	}
	return nil
}
