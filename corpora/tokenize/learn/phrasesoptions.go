package learn

import (
	"math"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

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
	Tokenizer *tokenize.Tokenizer
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
	return PhraseOptions{Scorer: s, Threshold: s.DefaultThreshold(), MinCount: 5, MaxPairs: 1 << 25}
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
