package learn

import (
	"cmp"
	"context"
	"runtime"
	"slices"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// This file begins the training of subword tokenizers: from text to a
// tokenizer.json. The text is normalised and cut into words as the finished
// tokenizer will do it (splitting.go), and words are counted once (learncounts.go);
// all that follows works on the counts, since what a word is cut into does not
// depend on its neighbours:
//
//   - WordPiece and BPE begin with the characters and merge, one after the other,
//     the pair of tokens that stand together most often (learnmerges.go);
//   - Unigram begins with the frequent substrings of words (learnseeds.go), fits
//     their probabilities, and drops those that are missed least (learnunigram.go).
//
// learnfile.go writes what was learnt.

// Model is a kind of subword tokenizer.
type Model string

const (
	// WordPiece is that of BERT (Schuster and Nakajima 2012): a word is cut into the
	// longest tokens that fit, from the left; those inside a word begin with ##. Its
	// vocabulary is learnt by merging the most frequent pair, as the tokenizers library
	// of Hugging Face does it; the paper takes the pair that raises the likelihood
	// of a language model the most.
	WordPiece Model = "wordpiece"
	// BPE is byte pair encoding (Sennrich, Haddow and Birch 2016) on bytes, as in GPT-2
	// (Radford et al. 2019): the merges that were learnt, in their order. It knows all
	// text, since all 256 bytes are tokens.
	BPE Model = "bpe"
	// Unigram (Kudo 2018) cuts a word into the tokens with the greatest product
	// of probabilities. A token that begins a word begins with ▁.
	Unigram Model = "unigram"
)

// Options say what tokenizer is to be learnt. DefaultOptions has the
// defaults of a model.
type Options struct {
	// Model is what is learnt. Default WordPiece.
	Model Model
	// Vocabulary is how many tokens there are in the end, special ones included.
	// Text that is too short has fewer. Default 30,000.
	Vocabulary int
	// MinCount is how often a pair must occur to be merged, or a substring to be
	// looked at by Unigram. Default 2.
	MinCount int64
	// Lowercase makes capitals small. Default true for WordPiece.
	Lowercase bool
	// StripAccents takes marks from letters: é is e. Default true for WordPiece.
	StripAccents bool
	// Special are tokens that stand for themselves, and have the first ids. Default
	// [PAD] [UNK] [CLS] [SEP] [MASK] for WordPiece, which needs [UNK], <unk> for
	// Unigram, which needs it, none for BPE.
	Special []string
	// Alphabet is how many different characters become tokens, the most frequent;
	// others are unknown. 0: all. BPE has all bytes instead. Default 1,000.
	Alphabet int
	// MaxLength is how many characters a token has at most (bytes, for BPE). 0: no
	// limit, except for Unigram. Default 16 for Unigram, 0 for others.
	MaxLength int
	// OnProgress hears from one goroutine at a time how far things are. Default: nobody.
	OnProgress func(Progress)

	// mixed lets a token of Unigram hold letters with signs, as Hugging Face's
	// trainer does.
	mixed bool
}

// Progress says how far the training of a tokenizer is.
type Progress struct {
	Stage      string // "counting", then "learning"
	Done, Size int64  // bytes of the source as stored, then steps; a Size of 0 is unknown
}

const (
	defaultSubwordVocabulary = 30_000
	defaultSubwordMinCount   = 2
	defaultAlphabet          = 1000 // as BertWordPieceTokenizer of Hugging Face
	defaultUnigramLength     = 16   // as SentencePiece
	unigramUnknown           = "<unk>"

	maxSubwordVocabulary = 10_000_000
	maxSpecial           = 10_000
	maxUnigramLength     = 64
)

// DefaultOptions returns the defaults of a model.
func DefaultOptions(model Model) Options {
	o := Options{Model: model, Vocabulary: defaultSubwordVocabulary, MinCount: defaultSubwordMinCount, Alphabet: defaultAlphabet}
	switch model {
	case WordPiece:
		o.Lowercase, o.StripAccents = true, true
		o.Special = []string{"[PAD]", tokenize.UnknownToken, "[CLS]", "[SEP]", "[MASK]"}
	case Unigram:
		o.Special = []string{unigramUnknown}
		o.MaxLength = defaultUnigramLength
	}
	return o
}

// Validate names the field that is out of range.
func (o Options) Validate() error {
	unknown := ""
	switch o.Model {
	case WordPiece:
		unknown = tokenize.UnknownToken
	case Unigram:
		unknown = unigramUnknown
		if o.MaxLength < 1 || o.MaxLength > maxUnigramLength {
			return fault.New("16 is usual", "max-length %d is not from 1 to %d", o.MaxLength, maxUnigramLength)
		}
	case BPE:
	default:
		return fault.New("choose wordpiece, bpe or unigram", "unknown type of tokenizer %q", o.Model)
	}
	switch {
	case o.Vocabulary < 1 || o.Vocabulary > maxSubwordVocabulary:
		return fault.New("30000 is usual", "vocabulary %d is not from 1 to %d", o.Vocabulary, maxSubwordVocabulary)
	case o.MinCount < 1:
		return fault.New("2 is usual", "min-count %d is less than 1", o.MinCount)
	case o.Alphabet < 0:
		return fault.New("0 keeps all characters", "alphabet %d is negative", o.Alphabet)
	case o.MaxLength < 0:
		return fault.New("0 sets no limit", "max-length %d is negative", o.MaxLength)
	case len(o.Special) > maxSpecial:
		return fault.New("name only those that text has", "%d special tokens, more than %d", len(o.Special), maxSpecial)
	}
	seen := map[string]bool{}
	for _, token := range o.Special {
		if err := tokenize.CheckToken(token); err != nil {
			return fault.New("name it without spaces around it", "bad special token %q: %w", token, err)
		}
		if seen[token] {
			return fault.New("name it once", "special token %q is named twice", token)
		}
		seen[token] = true
	}
	if unknown != "" && !seen[unknown] {
		return fault.New("add it, or leave the special tokens at their defaults", "special tokens without %s, which %s needs", unknown, o.Model)
	}
	return nil
}

// Result is a tokenizer that was learnt, and what it was learnt from.
type Result struct {
	Tokenizer *tokenize.Tokenizer // MarshalJSON writes its tokenizer.json

	Words        int64   // of the text, as the tokenizer cuts it before it looks for tokens
	Distinct     int     // different ones
	Dropped      int64   // words forgotten because there were too many, counted again when they came again
	DroppedBelow int64   // the count that a word has had at most when it was last forgotten
	Skipped      int64   // words of more than 4,096 bytes, which are not learnt from
	Characters   int     // different ones of the text; bytes, for BPE
	Kept         int     // of them in the vocabulary
	Merges       int     // WordPiece and BPE
	Likelihood   float64 // Unigram: log-likelihood of a word on average, natural logarithm
}

// Train learns a tokenizer from the text of src. It reads src once; words
// are counted on all processors, and the outcome, to the byte, is the same for any
// number of them.
func Train(ctx context.Context, src *text.Source, o Options) (*Result, error) {
	told := func() {
		if o.OnProgress != nil {
			o.OnProgress(Progress{"counting", src.Consumed(), src.Size()})
		}
	}
	read := func(ctx context.Context, emit func([]byte) error) error {
		return src.Read(ctx, func(c text.Chunk) error { return emit(c.Text) })
	}
	return trainSubwords(ctx, read, told, o)
}

// TrainFrom is Train for text from anywhere: read calls emit with
// each line or sentence, from one goroutine, and returns its error. A text is valid
// until emit returns.
func TrainFrom(ctx context.Context, read func(ctx context.Context, emit func(text []byte) error) error, o Options) (*Result, error) {
	return trainSubwords(ctx, read, func() {}, o)
}

// trainSubwords calls told now and then while text is read.
func trainSubwords(ctx context.Context, read textReader, told func(), o Options) (*Result, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	parts := o.parts()
	split, err := tokenize.ParsePreTokenizer(parts.Normalizer, parts.PreTokenizer)
	if err != nil {
		return nil, err
	}
	c := newWordCounter(split, runtime.GOMAXPROCS(0))
	if err := c.read(ctx, read, told); err != nil {
		return nil, err
	}
	words := c.counted()
	if len(words) == 0 {
		return nil, fault.New("is it text?", "the text has no words to learn a tokenizer from")
	}
	t := &Result{Words: c.words, Distinct: len(words), Dropped: c.dropped, DroppedBelow: c.droppedBelow, Skipped: c.skipped}
	letters := countLetters(words)
	t.Characters = len(letters)
	if o.Model != BPE && o.Alphabet > 0 && len(letters) > o.Alphabet {
		letters = letters[:o.Alphabet]
	}
	t.Kept = len(letters)
	alphabet := make([]rune, len(letters))
	for i, l := range letters {
		alphabet[i] = l.r
	}
	if o.Model == BPE {
		alphabet = slices.Clone(tokenize.ByteLetters[:])
	}
	slices.Sort(alphabet)
	if o.Model == Unigram {
		err = o.learnUnigram(ctx, &parts, t, words, alphabet)
	} else {
		err = o.learnMerges(ctx, &parts, t, words, alphabet)
	}
	if err != nil {
		return nil, err
	}
	t.Tokenizer, err = parts.Tokenizer("the tokenizer that was learnt")
	return t, err
}

// letterCount is a character and how often the text has it.
type letterCount struct {
	r     rune
	count int64
}

// countLetters returns the characters of words, the most frequent first, of those with
// equal counts the first in Unicode.
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

// tooSmall is the error of a vocabulary that has not even room for the characters.
func (o Options) tooSmall(need int) error {
	hint := "raise --vocab"
	if o.Model != BPE {
		hint = "raise --vocab, or lower --alphabet"
	}
	return fault.New(hint, "a vocabulary of %d has no room for the special tokens and the characters, %d tokens", o.Vocabulary, need)
}

// textReader calls emit with each text.
type textReader = func(ctx context.Context, emit func(text []byte) error) error
