package learn

import (
	"cmp"
	"context"
	"slices"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/models"
	"github.com/luminavec/luminavec/internal/fault"
)

// Options define the tokenizer to be learned. Start from DefaultOptions.
type Options struct {
	// Model is the kind of tokenizer. Default WordPiece.
	Model Model
	// Vocabulary is the number of tokens, including special ones. A short text gives
	// fewer. Default 30,000.
	Vocabulary int
	// MinCount is how often a pair must occur to be merged, or a substring to be
	// a candidate for Unigram. Default 2.
	MinCount int64
	// Lowercase converts text to lower case. Default true for WordPiece.
	Lowercase bool
	// Locale is the language of lower case, as in tokenize.WordOptions; it needs Lowercase.
	// Default "".
	Locale string
	// StripAccents removes the marks of letters: é becomes e. Default true for WordPiece.
	StripAccents bool
	// Special lists tokens that are found literally in the text. They have the first ids.
	// Default: [PAD] [UNK] [CLS] [SEP] [MASK] for WordPiece, which needs [UNK]; <unk> for
	// Unigram, which needs it; none for BPE.
	Special []string
	// Alphabet is the maximum number of characters that become tokens, the most frequent
	// ones; others are unknown. 0: no limit. BPE always has all bytes. Default 1,000.
	Alphabet int
	// MaxLength is the maximum length of a token in characters (for BPE, in bytes). 0: no
	// limit, except for Unigram. Default 16 for Unigram, 0 for others.
	MaxLength int
	// OnProgress is called from one goroutine at a time. Default: none.
	OnProgress func(Progress)

	// mixed lets a token of Unigram mix letters and punctuation, as in Hugging Face's
	// trainer.
	mixed bool
}

// Progress describes how far the training of a tokenizer has come.
type Progress struct {
	Stage      string // "counting", then "learning"
	Done, Size int64  // bytes of the source as stored, then steps; a Size of 0 is unknown
}

const (
	defaultVocabulary = 30_000
	defaultMinCount   = 2
	defaultAlphabet   = 1000 // as in BertWordPieceTokenizer of Hugging Face

	maxVocabulary = 10_000_000
	maxSpecial    = 10_000
)

// DefaultOptions returns the defaults of a model.
func DefaultOptions(model Model) Options {
	o := kinds[model].defaults
	o.Model, o.Vocabulary, o.MinCount, o.Alphabet = model, defaultVocabulary, defaultMinCount, defaultAlphabet
	o.Special = slices.Clone(o.Special)
	return o
}

// Validate returns an error that names the field that is out of range.
func (o Options) Validate() error {
	k, ok := kinds[o.Model]
	switch {
	case !ok:
		return fault.Field("Model", "choose "+fault.OneOf(Models()), "must be %s, got %q", fault.OneOf(Models()), string(o.Model))
	case k.maxLength > 0 && (o.MaxLength < 1 || o.MaxLength > k.maxLength):
		return fault.Field("MaxLength", "16 is usual", "must be from 1 to %d, got %d", k.maxLength, o.MaxLength)
	case o.Vocabulary < 1 || o.Vocabulary > maxVocabulary:
		return fault.Field("Vocabulary", "30000 is usual", "must be from 1 to %d, got %d", maxVocabulary, o.Vocabulary)
	case o.MinCount < 1:
		return fault.Field("MinCount", "2 is usual", "must be at least 1, got %d", o.MinCount)
	case o.Alphabet < 0:
		return fault.Field("Alphabet", "0 keeps all characters", "must not be negative, got %d", o.Alphabet)
	case o.MaxLength < 0:
		return fault.Field("MaxLength", "0 sets no limit", "must not be negative, got %d", o.MaxLength)
	case len(o.Special) > maxSpecial:
		return fault.Field("Special", "name only those that occur in the text", "must name at most %d tokens, got %d", maxSpecial, len(o.Special))
	}
	if o.Locale != "" && !o.Lowercase {
		return fault.Mention("set Lowercase, or leave out Locale", "Locale applies to lower case, but Lowercase is false")
	}
	if err := (tokenize.WordOptions{Locale: o.Locale}).Validate(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, token := range o.Special {
		if err := models.CheckToken(token); err != nil {
			return fault.Field("Special", "name tokens without tabs and line breaks", "contains the bad token %q: %w", token, err)
		}
		if seen[token] {
			return fault.Field("Special", "name it once", "contains %q twice", token)
		}
		seen[token] = true
	}
	if k.unknown != "" && !seen[k.unknown] {
		return fault.Field("Special", "add it, or leave Special at its default", "must contain %s, which %s needs", k.unknown, o.Model)
	}
	return nil
}

// Result is a tokenizer that was learned, and statistics of the text.
type Result struct {
	Tokenizer *tokenize.Tokenizer // MarshalJSON returns its tokenizer.json

	Words        int64   // words of the text, as the pre-tokenizer splits them
	Distinct     int     // distinct words
	Dropped      int64   // words dropped for lack of memory; later occurrences are counted again
	DroppedBelow int64   // maximum count of a word when it was dropped
	Skipped      int64   // words of more than 4,096 bytes, which are ignored
	Characters   int     // distinct characters of the text; for BPE, bytes
	Kept         int     // characters in the vocabulary
	Merges       int     // number of merges, for WordPiece and BPE
	Likelihood   float64 // for Unigram: mean log-likelihood of a word, natural logarithm
}

// Train learns a tokenizer from the text of src, which it reads once. It uses all
// processors; the result has the same bytes for any number of them.
func Train(ctx context.Context, src *text.Source, o Options) (*Result, error) {
	w, err := CountWords(ctx, src, o)
	if err != nil {
		return nil, err
	}
	return w.Train(ctx, o)
}

// TrainFrom is Train for text from any other place: read calls emit with each line or sentence,
// from one goroutine, and returns the error of emit. A text need only be valid until emit
// returns.
func TrainFrom(ctx context.Context, read func(ctx context.Context, emit func(text []byte) error) error, o Options) (*Result, error) {
	w, err := countWords(ctx, read, func() {}, o)
	if err != nil {
		return nil, err
	}
	return w.Train(ctx, o)
}

// Train learns a tokenizer from the counts. Model, Lowercase, Locale and StripAccents of o must be
// those with which they were counted.
func (w *WordCounts) Train(ctx context.Context, o Options) (*Result, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	k := kinds[o.Model]
	file, _, fingerprint, err := o.splitter()
	if err != nil {
		return nil, err
	}
	if fingerprint != w.header.Tokenizer {
		return nil, fault.Mention("set Model, Lowercase, Locale and StripAccents as for the counts", "the words were counted for another kind of tokenizer: the text is split in another way")
	}
	counted := w.words
	if len(counted) == 0 && w.header.Skipped > 0 {
		return nil, fault.New("put spaces between the words", "the text has no words to learn a tokenizer from: words of more than %d bytes are skipped", maxLearntWord)
	}
	if len(counted) == 0 {
		return nil, fault.New("check that the input is text", "the text has no words to learn a tokenizer from")
	}
	t := &Result{Words: w.header.Words, Distinct: len(counted), Dropped: w.header.Dropped, DroppedBelow: w.header.Below, Skipped: w.header.Skipped}
	letters := countLetters(counted)
	t.Characters = len(letters)
	if k.alphabet == nil && o.Alphabet > 0 && len(letters) > o.Alphabet {
		letters = letters[:o.Alphabet]
	}
	t.Kept = len(letters)
	alphabet := make([]rune, len(letters))
	for i, l := range letters {
		alphabet[i] = l.r
	}
	if k.alphabet != nil {
		alphabet = slices.Clone(k.alphabet)
	}
	slices.Sort(alphabet)
	if file.Model, err = k.learn(ctx, o, t, counted, alphabet); err != nil {
		return nil, err
	}
	data, err := file.Marshal()
	if err != nil {
		return nil, err
	}
	// Parse the file that will be written, so that the result is the same for its readers.
	t.Tokenizer, err = tokenize.Parse("the learned tokenizer", data)
	return t, err
}

// letterCount is a character and its count in the text.
type letterCount struct {
	r     rune
	count int64
}

// countLetters returns the characters of words, most frequent first; characters of equal
// count are in the order of Unicode.
func countLetters(words []countedWord) []letterCount {
	counts := map[rune]int64{}
	for _, w := range words {
		for _, r := range w.text {
			counts[r] += w.count
		}
	}
	letters := make([]letterCount, 0, len(counts))
	for r, n := range counts {
		letters = append(letters, letterCount{r, n})
	}
	slices.SortFunc(letters, func(a, b letterCount) int { return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.r, b.r)) })
	return letters
}

// tooSmall is the error for a vocabulary without room for the characters.
func (o Options) tooSmall(need int) error {
	hint := "raise Vocabulary"
	if kinds[o.Model].alphabet == nil {
		hint = "raise Vocabulary, or lower Alphabet"
	}
	return fault.Mention(hint, "a vocabulary of %d is too small for the special tokens and the characters, %d tokens", o.Vocabulary, need)
}

// textReader calls emit with each text.
type textReader = func(ctx context.Context, emit func(text []byte) error) error
