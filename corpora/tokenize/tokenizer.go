package tokenize

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/luminavec/luminavec/internal/fault"
)

// WordOptions define what a word tokenizer considers a word.
type WordOptions struct {
	// Cased keeps capitals: "Paris" and "paris" are two words. Default false.
	Cased bool
	// Whitespace splits at white space only and keeps punctuation: "it's." is one word. Use it
	// for text that is already split into words. Default false.
	Whitespace bool
	// Locale is the language whose rules convert text to lower case: tr (Turkish) or az
	// (Azerbaijani), in which I becomes ı and İ becomes i. Default "": the rules of
	// Unicode for all other languages, in which I becomes i and İ becomes i with a dot above
	// (U+0307). The Greek Σ becomes σ even at the end of a word, where text usually has ς;
	// these remain different words. It must be empty if Cased is set.
	Locale string
}

// Locales returns the values of WordOptions.Locale besides "".
func Locales() []string { return []string{"tr", "az"} }

// Validate returns an error that names the field at fault.
func (o WordOptions) Validate() error {
	switch {
	case o.Locale != "" && !slices.Contains(Locales(), o.Locale):
		return fault.Field("Locale", "leave it out for other languages, whose lower case does not depend on the language",
			"must be %s, got %q", fault.OneOf(Locales()), o.Locale)
	case o.Locale != "" && o.Cased:
		return fault.Mention("leave one of them out", "Locale applies to lower case, but Cased keeps capital letters")
	}
	return nil
}

// localeLetters returns what is replaced, in order, before text is converted to lower case. The
// rules of all locales are the same.
func localeLetters(locale string) [][2]string {
	if locale == "" {
		return nil
	}
	return [][2]string{{"I\u0307", "i"}, {"İ", "i"}, {"I", "ı"}} // İ may be written as I and a dot
}

// Tokenizer turns text into words or subword tokens and, once it has a vocabulary,
// into ids. It is safe for concurrent use.
type Tokenizer struct {
	options    WordOptions
	sub        *subwords     // of a subword tokenizer, which has no options and no passes
	passes     []*phrasePass // of WithPhrases
	vocabulary *Vocabulary   // nil if none
	scanners   *sync.Pool    // of *Scanner
	known      *sync.Pool    // of those that join only phrases of the vocabulary
	placing    *sync.Pool    // of those that also find positions
}

// NewWordTokenizer returns a word tokenizer without a vocabulary: Words works, but Encode finds
// nothing. The options must be valid.
func NewWordTokenizer(o WordOptions) *Tokenizer {
	if o.Locale != "" {
		o.Locale = Locales()[0] // the rules are the same
	}
	t := &Tokenizer{options: o}
	t.pools()
	return t
}

// newSubwordTokenizer returns the tokenizer of a file with its own vocabulary.
func newSubwordTokenizer(s *subwords) *Tokenizer {
	t := &Tokenizer{sub: s, vocabulary: s.vocabulary}
	t.pools()
	return t
}

// pools makes the pools of scanners. It comes after any change of t.
func (t *Tokenizer) pools() {
	pool := func(passes []*phrasePass, places bool) *sync.Pool {
		return &sync.Pool{New: func() any { return newScanner(t, passes, places) }}
	}
	known := t.passes
	if t.vocabulary != nil {
		known = knownPasses(t.passes, t.vocabulary)
	}
	t.scanners, t.known, t.placing = pool(t.passes, false), pool(known, false), pool(known, true)
}

// Options returns the options of a word tokenizer, with the Locale tr for az; the zero value for a
// subword tokenizer.
func (t *Tokenizer) Options() WordOptions { return t.options }

// Subwords reports whether t is a subword tokenizer: its vocabulary is part of it.
func (t *Tokenizer) Subwords() bool { return t.sub != nil }

// Unknown returns the id of a subword tokenizer's token for unknown text,
// -1 if it has none.
func (t *Tokenizer) Unknown() int32 {
	if t.sub == nil {
		return -1
	}
	return t.sub.unknown
}

// Blank reports whether a token of a subword tokenizer stands for nothing but spaces, such as ▁
// in the vocabularies of SentencePiece and Ġ in those of GPT-2.
func (t *Tokenizer) Blank(token string) bool {
	return t.sub != nil && t.sub.blanks != "" && token != "" && strings.Trim(token, t.sub.blanks) == ""
}

// Vocabulary returns the vocabulary, nil if there is none.
func (t *Tokenizer) Vocabulary() *Vocabulary { return t.vocabulary }

// WithVocabulary returns the same tokenizer with the vocabulary v. A subword tokenizer
// accepts only a vocabulary with its own tokens, such as one with counts.
func (t *Tokenizer) WithVocabulary(v *Vocabulary) (*Tokenizer, error) {
	if v == nil {
		return nil, errors.New("the vocabulary is nil")
	}
	if t.sub != nil {
		if err := t.sub.check(v); err != nil {
			return nil, err
		}
	}
	with := *t
	with.vocabulary = v
	with.pools()
	return &with, nil
}

// withoutVocabulary returns the same word tokenizer without a vocabulary.
func (t *Tokenizer) withoutVocabulary() *Tokenizer {
	bare := *t
	bare.vocabulary = nil
	bare.pools()
	return &bare
}

// Words calls emit with each normalized word of text, in order. A phrase is one
// word: new_york. Words of more than MaxWordBytes are skipped. The word is valid
// until emit returns and must not be changed.
func (t *Tokenizer) Words(text []byte, emit func(word []byte)) {
	s := t.scanners.Get().(*Scanner)
	defer t.scanners.Put(s)
	s.reset()
	s.Words(text, emit)
	s.EndLine(emit)
}

// Word returns the normalized form of text, which must be one word. ok is false if it is
// none or several, or if it is unknown to a subword tokenizer.
func (t *Tokenizer) Word(text string) (word string, ok bool) {
	n := 0
	t.Words([]byte(text), func(w []byte) {
		word = string(w)
		n++
	})
	if t.sub != nil && t.sub.unknown >= 0 && word == t.sub.vocabulary.Token(t.sub.unknown) {
		return "", false
	}
	return word, n == 1
}

// Encode appends to dst the ids of the words of text. Words that are not in the vocabulary are
// skipped; a phrase that is not in it is encoded as its words.
func (t *Tokenizer) Encode(dst []int32, text string) []int32 {
	if t.vocabulary == nil {
		return dst
	}
	s := t.known.Get().(*Scanner)
	defer t.known.Put(s)
	return s.Encode(dst, bytesOf(text))
}

// Each calls emit with each word of text, in order, and its id, or -1 if it is not in the
// vocabulary. A phrase that is not in the vocabulary is emitted as its words. The word is valid
// until emit returns and must not be changed.
func (t *Tokenizer) Each(text string, emit func(word []byte, id int32)) {
	s := t.known.Get().(*Scanner)
	defer t.known.Put(s)
	s.each(bytesOf(text), emit)
}

// bytesOf returns the bytes of text without a copy. They must not be changed.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

// Token is a word of a text and its position.
type Token struct {
	Text       string // normalized
	ID         int32  // id in the vocabulary; -1 if it is not there
	Start, End int    // bytes of the text
}

// Tokens returns the words of text with their ids and positions. As in Encode, a phrase that is
// not in the vocabulary is returned as its words.
func (t *Tokenizer) Tokens(text string) []Token {
	s := t.placing.Get().(*Scanner)
	defer t.placing.Put(s)
	var tokens []Token
	if s.subwords != nil {
		s.subwords.find([]byte(text), func(id int32, start, end int) {
			tokens = append(tokens, Token{t.vocabulary.Token(id), id, start, end})
		})
		return tokens
	}
	s.scan([]byte(text), func(word []byte, start, end int) {
		tokens = append(tokens, Token{string(word), t.vocabulary.idOf(word), start, end})
	})
	return tokens
}
