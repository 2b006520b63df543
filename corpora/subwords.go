package corpora

import (
	"fmt"

	"github.com/sugarme/tokenizer/model"
	"github.com/sugarme/tokenizer/model/wordpiece"
)

// subwords is a tokenizer of Hugging Face's tokenizers library, whose tokens are
// the words here. It is what a tokenizer.json says, and does not change.
type subwords struct {
	file       []byte // tokenizer.json as it was read
	vocabulary *Vocabulary
	tokens     [][]byte // of the vocabulary
	bert       bertOptions
	added      []addedToken
	begins     [256]bool // whether an added token begins with this byte
	prefix     string    // of a token that goes on a word: "##"
	unknown    int32
	model      wordpiece.WordPiece
}

// addedToken is a token that stands for itself wherever it is in the text: [SEP].
type addedToken struct {
	text string
	id   int32
}

// newWordPiece makes the model of a parsed file.
func (s *subwords) newWordPiece(unknown string, maxChars int) error {
	vocab := model.Vocab(s.vocabulary.ids)
	return fenced(func() error {
		s.model = wordpiece.NewWordPieceBuilder().Vocab(&vocab).UnkToken(unknown).
			ContinuingSubwordPrefix(s.prefix).MaxInputCharsPerWord(maxChars).Build()
		return nil
	})
}

// pieces are the tokens of a word, by the model of github.com/sugarme/tokenizer.
func (s *subwords) pieces(word string) []int32 {
	var ids []int32
	err := fenced(func() error {
		tokens, err := s.model.Tokenize(word)
		for _, t := range tokens {
			ids = append(ids, int32(t.Id))
		}
		return err
	})
	if err != nil {
		return []int32{s.unknown}
	}
	return ids
}

// subwordScanner finds the tokens of text. It owns buffers and a cache of words,
// before which the model is slow: one goroutine each.
type subwordScanner struct {
	*subwords
	words *bertWords
	cache pieceCache
}

func newSubwordScanner(s *subwords) *subwordScanner {
	return &subwordScanner{subwords: s, words: newBertWords(s.bert), cache: newPieceCache()}
}

// find calls emit with each token of text and the bytes of text it stands for. The
// token is valid for good.
func (s *subwordScanner) find(text []byte, emit func(token []byte, start, end int)) {
	s.parts(text, func(word []byte, start, end int) { s.emit(word, start, end, emit) },
		func(token *addedToken, at int) { emit(s.tokens[token.id], at, at+len(token.text)) })
}

// encode appends the ids of the tokens of text.
func (s *subwordScanner) encode(dst []int32, text []byte) []int32 {
	s.parts(text, func(word []byte, _, _ int) { dst = append(dst, s.idsOf(word)...) },
		func(token *addedToken, _ int) { dst = append(dst, token.id) })
	return dst
}

// parts calls word with each word of text, and added with each added token.
func (s *subwordScanner) parts(text []byte, word func(word []byte, start, end int), added func(token *addedToken, at int)) {
	for base := 0; base < len(text); {
		at, token := s.nextAdded(text[base:])
		from := base
		s.words.each(text[base:base+at], func(w []byte, start, end int) { word(w, from+start, from+end) })
		base += at
		if token != nil {
			added(token, base)
			base += len(token.text)
		}
	}
}

// nextAdded returns where the next added token begins, the longest of those that
// do; the end of the text and nil when there is none. It does without package
// bytes for the reason that scan does.
func (s *subwordScanner) nextAdded(text []byte) (at int, found *addedToken) {
	for at = range text {
		if !s.begins[text[at]] {
			continue
		}
		for i := range s.added {
			a := &s.added[i]
			if end := at + len(a.text); end <= len(text) && string(text[at:end]) == a.text && (found == nil || len(a.text) > len(found.text)) {
				found = a
			}
		}
		if found != nil {
			return at, found
		}
	}
	return len(text), nil
}

// idsOf returns the tokens of a word, which are valid until the next call.
func (s *subwordScanner) idsOf(word []byte) []int32 {
	if ids, ok := s.cache.find(word); ok {
		return ids
	}
	ids := s.pieces(string(word))
	s.cache.add(word, ids)
	return ids
}

// emit hands out the tokens of a word.
func (s *subwordScanner) emit(word []byte, start, end int, emit func(token []byte, start, end int)) {
	ids := s.idsOf(word)
	if len(ids) == 1 {
		emit(s.tokens[ids[0]], start, end)
		return
	}
	at := 0
	for i, id := range ids {
		token := s.tokens[id]
		n := len(token)
		if i > 0 {
			n -= len(s.prefix)
		}
		first, past := s.words.place(at, at+n)
		emit(token, start+first, start+past)
		at += n
	}
}

// with returns an error unless v has the tokens of s: its rows are theirs.
func (s *subwords) with(v *Vocabulary) error {
	if err := sameTokens(s.vocabulary, v); err != nil {
		return fmt.Errorf("the tokenizer has a vocabulary of its own: %w", err)
	}
	return nil
}
