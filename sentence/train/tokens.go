package train

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/corpora/tokenize/learn"
	"github.com/luminavec/luminavec/internal/fault"
)

// Words is the Tokenizer of [Tokens] for whole words.
const Words = "words"

// Tokens selects the tokenizer that reads the pairs.
type Tokens struct {
	// Tokenizer is wordpiece, bpe or unigram, trained on the pairs; words, the words of the
	// pairs as Unicode (UAX #29) splits them; or the path of a tokenizer.json, a vocab.txt, a
	// model folder, or a file of words and counts, .tsv, that 'train vocab' or a word model wrote.
	// Default "": the tokenizer of the initial model, otherwise wordpiece.
	Tokenizer  string
	Vocabulary int    // tokens to train, or maximum number of words; default 10000
	MinCount   int64  // words only: minimum count; default 2
	Cased      bool   // keep capital letters; default false
	Locale     string // language of lower case, see tokenize.WordOptions; default ""
}

// DefaultTokens returns the defaults.
func DefaultTokens() Tokens { return Tokens{Vocabulary: 10_000, MinCount: 2} }

// Adopt determines which tokenizer is used: if Tokenizer is empty, that of init, if init is not
// nil and has one. given lists the fields that the user has set; it is an error if one of them
// has no effect.
func (t *Tokens) Adopt(init *Init, given ...string) error {
	unused, why, of := []string{"Vocabulary", "MinCount", "Cased", "Locale"}, "does not apply to the tokenizer of %s", []any{t.Tokenizer}
	switch {
	case init.IsSentence() && t.Tokenizer != "":
		return fault.Field("Tokenizer", "leave it out", "does not apply: the sentence model %s has its own tokens", init.Path)
	case t.Tokenizer == "" && init.Tokenizer() != nil:
		of[0] = init.Path
	case t.Tokenizer == "":
		t.Tokenizer = string(learn.WordPiece)
		fallthrough
	case t.subwords():
		unused, why, of = []string{"MinCount"}, "applies to Tokenizer words only", nil
	case t.Tokenizer == Words:
		return nil
	case t.counted():
		unused, why = []string{"Vocabulary", "MinCount"}, "does not apply to the words of %s"
	}
	for _, field := range unused {
		if slices.Contains(given, field) {
			return fault.Field(field, "leave it out, or choose another Tokenizer", why, of...)
		}
	}
	return nil
}

// TrainedTokens describes a tokenizer that was trained on the pairs; it is zero for one
// that was opened.
type TrainedTokens struct {
	Model    string // wordpiece, bpe, unigram or words
	Words    int64  // words of the text; 0 with words
	Distinct int    // different words of the text; 0 with words
}

// Trained reports whether the tokenizer is trained on the pairs, which takes a pass over
// them.
func (t *Tokens) Trained() bool { return t.Tokenizer == Words || t.subwords() }

func (t *Tokens) subwords() bool {
	switch learn.Model(t.Tokenizer) {
	case learn.WordPiece, learn.BPE, learn.Unigram:
		return true
	}
	return false
}

// counted reports whether Tokenizer is a file of words and counts.
func (t *Tokens) counted() bool { return strings.EqualFold(filepath.Ext(t.Tokenizer), ".tsv") }

// Validate returns an error that names the first field out of range.
func (t *Tokens) Validate() error {
	if t.Vocabulary < 1 {
		return fault.Field("Vocabulary", "10000 is usual", "must be positive, got %d", t.Vocabulary)
	}
	if t.MinCount < 1 {
		return fault.Field("MinCount", "2 is usual", "must be positive, got %d", t.MinCount)
	}
	return tokenize.WordOptions{Cased: t.Cased, Locale: t.Locale}.Validate()
}

// Open returns the tokenizer with its vocabulary; it is that of init if [Tokens.Adopt] has
// chosen it. Open reads sources if the tokenizer is trained on them. progress, if not nil,
// receives the stage and the share that is done, negative if unknown.
func (t *Tokens) Open(ctx context.Context, init *Init, sources []pairs.Source, in *Input, progress func(stage string, share float64)) (*tokenize.Tokenizer, TrainedTokens, error) {
	if err := t.Validate(); err != nil {
		return nil, TrainedTokens{}, err
	}
	if t.Tokenizer == "" && init.Tokenizer() != nil {
		return init.Tokenizer(), TrainedTokens{}, nil
	}
	return t.OpenFrom(ctx, func(ctx context.Context, emit func(text []byte) error) error {
		_, err := pairs.EachText(ctx, sources, in.PairOptions(nil, 0), emit)
		return err
	}, progress)
}

// OpenFrom is Open for texts from any other place: each calls emit with each of them, if the tokenizer is
// trained, and returns the error of emit.
func (t *Tokens) OpenFrom(ctx context.Context, each func(ctx context.Context, emit func(text []byte) error) error, progress func(stage string, share float64)) (*tokenize.Tokenizer, TrainedTokens, error) {
	if err := t.Validate(); err != nil {
		return nil, TrainedTokens{}, err
	}
	switch {
	case t.Tokenizer == Words:
		tokenizer, err := t.words(ctx, each)
		return tokenizer, TrainedTokens{Model: Words}, err
	case t.subwords():
		return t.train(ctx, each, progress)
	case t.counted():
		tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: t.Cased, Locale: t.Locale})
		v, err := corpora.OpenVocabulary(t.Tokenizer, tokenizer)
		if err == nil {
			tokenizer, err = tokenizer.WithVocabulary(v)
		}
		return tokenizer, TrainedTokens{}, err
	}
	tokenizer, err := tokenize.Open(t.Tokenizer)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, TrainedTokens{}, fault.Field("Tokenizer", "choose wordpiece, bpe, unigram, words, or the path of a tokenizer.json, a vocab.txt or a model", "cannot be opened: %w", err)
	}
	if err == nil && tokenizer.Vocabulary() == nil {
		err = fault.New("name a model with a vocabulary", "the tokenizer %s has no vocabulary", t.Tokenizer)
	}
	return tokenizer, TrainedTokens{}, err
}

// train trains a subword tokenizer.
func (t *Tokens) train(ctx context.Context, each func(context.Context, func([]byte) error) error, progress func(string, float64)) (*tokenize.Tokenizer, TrainedTokens, error) {
	o := learn.DefaultOptions(learn.Model(t.Tokenizer))
	o.Vocabulary, o.Locale = t.Vocabulary, t.Locale
	if o.Lowercase = !t.Cased; t.Cased {
		o.StripAccents = false
	}
	if progress != nil {
		o.OnProgress = func(p learn.Progress) {
			share := -1.0
			if p.Size > 0 {
				share = float64(p.Done) / float64(p.Size)
			}
			progress(p.Stage, share)
		}
	}
	trained, err := learn.TrainFrom(ctx, each, o)
	if err != nil {
		return nil, TrainedTokens{}, err
	}
	return trained.Tokenizer, TrainedTokens{t.Tokenizer, trained.Words, trained.Distinct}, nil
}

// words counts the words of the pairs.
func (t *Tokens) words(ctx context.Context, each func(context.Context, func([]byte) error) error) (*tokenize.Tokenizer, error) {
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: t.Cased, Locale: t.Locale})
	counts := corpora.NewWordCounts(tokenizer)
	if err := each(ctx, func(text []byte) error { counts.Add(text); return nil }); err != nil {
		return nil, err
	}
	v, err := counts.Vocabulary(t.MinCount, t.Vocabulary)
	if err != nil {
		return nil, err
	}
	return tokenizer.WithVocabulary(v)
}
