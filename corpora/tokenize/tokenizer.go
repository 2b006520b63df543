package tokenize

import (
	"errors"
	"sync"
	"unsafe"
)

// WordOptions say what a word tokenizer takes for a word.
type WordOptions struct {
	Cased bool // keep capitals: "Paris" and "paris" are two words; default false
	// Whitespace cuts at white space only, and keeps punctuation: "it's." is one
	// word. For text that is cut into words already. Default false.
	Whitespace bool
}

// Tokenizer turns text into words and, once it has a vocabulary, into ids: it
// normalises (UTF-8 repair, lower case, Unicode form C), cuts at the word
// boundaries of UAX #29 or at white space, joins phrases when it has any, and looks words up in a
// WordLevel model. It is safe for concurrent use.
type Tokenizer struct {
	options  WordOptions
	sub      *subwords     // of a tokenizer of subwords; options and passes are nothing then
	passes   []*phrasePass // of WithPhrases
	model    *wordLevel    // nil without a vocabulary
	scanners *sync.Pool    // of *wordScanner
	known    *sync.Pool    // of those that join only phrases of the vocabulary
	placing  *sync.Pool    // the same, which know places too
}

// NewWordTokenizer returns a tokenizer of words without a vocabulary: Words
// works, Encode finds nothing.
func NewWordTokenizer(o WordOptions) *Tokenizer {
	t := &Tokenizer{options: o}
	t.pools()
	return t
}

// pools makes the pools of scanners, by what t was made with.
func (t *Tokenizer) pools() {
	pool := func(passes []*phrasePass, places bool) *sync.Pool {
		return &sync.Pool{New: func() any { return t.newScanner(passes, places) }}
	}
	known := t.passes
	if t.model != nil {
		known = knownPasses(t.passes, t.model.vocabulary)
	}
	t.scanners, t.known, t.placing = pool(t.passes, false), pool(known, false), pool(known, true)
}

// newScanner returns a scanner that joins the phrases of passes.
func (t *Tokenizer) newScanner(passes []*phrasePass, places bool) *Scanner {
	s := newWordScanner(t.options.Cased, places)
	s.whitespace = t.options.Whitespace
	if t.sub != nil {
		s.subwords = newSubwordScanner(t.sub, places)
	}
	s.joiner = newJoiner(passes)
	s.each = func(word []byte, _, _ int) { s.emit(word, t.id(word)) }
	s.encode = func(word []byte, _, _ int) {
		if id := t.id(word); id >= 0 {
			s.ids = append(s.ids, id)
		}
	}
	return s
}

// id returns the id of a word, -1 for one that is not in the vocabulary.
func (t *Tokenizer) id(word []byte) int32 {
	if t.model == nil {
		return -1
	}
	return t.model.id(word)
}

// Options returns what the tokenizer was made with.
func (t *Tokenizer) Options() WordOptions { return t.options }

// Subwords reports whether the tokens are those of a tokenizer of Hugging Face:
// then the vocabulary is its own, and Options and Phrases are nothing.
func (t *Tokenizer) Subwords() bool { return t.sub != nil }

// Unknown returns the id of a subword tokenizer's token for what it does not know,
// -1 for a tokenizer without one.
func (t *Tokenizer) Unknown() int32 {
	if t.sub == nil {
		return -1
	}
	return t.sub.unknown
}

// NewScanner returns a scanner of the tokenizer's words, phrases joined.
func (t *Tokenizer) NewScanner() *Scanner { return t.newScanner(t.passes, false) }

// Vocabulary returns the vocabulary of the model, nil when there is none.
func (t *Tokenizer) Vocabulary() *Vocabulary {
	if t.model == nil {
		return nil
	}
	return t.model.vocabulary
}

// Words calls emit with each word of text, normalised, in order. The word is
// valid until emit returns. Words of more than MaxWordBytes are left out, and
// phrases are one word each: new_york.
func (t *Tokenizer) Words(text []byte, emit func(word []byte)) {
	s := t.scanners.Get().(*Scanner)
	defer t.scanners.Put(s)
	s.scan(text, func(word []byte, _, _ int) { emit(word) })
}

// Word returns the word that text is, normalised. false: it is none, or several, or
// to a subword tokenizer nothing but its token of what is unknown.
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

// WithVocabulary returns a tokenizer of the same words with a model over v.
func (t *Tokenizer) WithVocabulary(v *Vocabulary) (*Tokenizer, error) {
	if v == nil {
		return nil, errors.New("no vocabulary is given")
	}
	if t.sub != nil {
		if err := t.sub.with(v); err != nil {
			return nil, err
		}
	}
	with := *t
	with.model = newWordLevel(v)
	with.pools()
	return &with, nil
}

// Encode appends the ids of the words of text to dst and returns it. Words
// that are not in the vocabulary are left out; of a phrase that is not in it
// the words are taken.
func (t *Tokenizer) Encode(dst []int32, text string) []int32 {
	if t.model == nil {
		return dst
	}
	if t.sub != nil {
		s := t.known.Get().(*Scanner)
		defer t.known.Put(s)
		return s.subwords.encode(dst, bytesOf(text))
	}
	s := t.known.Get().(*Scanner)
	defer t.known.Put(s)
	s.ids = dst
	s.scan(bytesOf(text), s.encode)
	dst, s.ids = s.ids, nil
	return dst
}

// Each calls emit with each word of text, in order, and its id, -1 for one that
// is not in the vocabulary. The word is valid until emit returns. Those of a
// phrase that is not in the vocabulary stand alone.
func (t *Tokenizer) Each(text string, emit func(word []byte, id int32)) {
	s := t.known.Get().(*Scanner)
	defer t.known.Put(s)
	s.emit = emit
	s.scan(bytesOf(text), s.each)
	s.emit = nil
}

// bytesOf returns the bytes of text without a copy. Scanners only read them.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

// Token is a word of a text and where it stands there.
type Token struct {
	Text       string // normalised
	ID         int32  // in the vocabulary; -1 when it is not in it
	Start, End int    // bytes of the text
}

// Tokens returns the words of text with their ids and places. Those of a phrase
// that is not in the vocabulary stand alone, as in Encode.
func (t *Tokenizer) Tokens(text string) []Token {
	s := t.placing.Get().(*Scanner)
	defer t.placing.Put(s)
	var tokens []Token
	s.scan([]byte(text), func(word []byte, start, end int) {
		tokens = append(tokens, Token{string(word), t.id(word), start, end})
	})
	return tokens
}
