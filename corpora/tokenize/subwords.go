package tokenize

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
	splitting  *PreTokenizer
	added      addedTokens // found in the text
	normalized addedTokens // found in the normalised text
	unknown    int32       // -1: there is no token for it
	model      subwordModel
}

// subwordModel cuts words into tokens. It does not change once made.
type subwordModel interface {
	worker() subwordWorker
}

// subwordWorker is a subwordModel with buffers: one goroutine each.
type subwordWorker interface {
	// tokens appends the ids of the tokens of a word to ids, and to ends the byte of
	// the word where each ends.
	tokens(ids, ends []int32, word []byte) ([]int32, []int32)
}

// wordPieceModel is WordPiece, by the model of github.com/sugarme/tokenizer.
type wordPieceModel struct {
	model   wordpiece.WordPiece
	prefix  string // of a token that goes on a word: "##"
	unknown int32
}

func newWordPieceModel(ids map[string]int, unknown, prefix string, maxChars int) (*wordPieceModel, error) {
	m := &wordPieceModel{prefix: prefix, unknown: int32(ids[unknown])}
	vocab := model.Vocab(ids)
	return m, fenced(func() error {
		m.model = wordpiece.NewWordPieceBuilder().Vocab(&vocab).UnkToken(unknown).
			ContinuingSubwordPrefix(prefix).MaxInputCharsPerWord(maxChars).Build()
		return nil
	})
}

func (m *wordPieceModel) worker() subwordWorker { return m }

func (m *wordPieceModel) tokens(ids, ends []int32, word []byte) ([]int32, []int32) {
	first, end := len(ids), 0
	err := fenced(func() error {
		tokens, err := m.model.Tokenize(string(word))
		for i, t := range tokens {
			if end += len(t.Value); i > 0 {
				end -= len(m.prefix)
			}
			ids, ends = append(ids, int32(t.Id)), append(ends, int32(min(max(end, 0), len(word))))
		}
		return err
	})
	if err != nil {
		ids, ends = append(ids[:first], m.unknown), append(ends[:first], 0)
	}
	if len(ids) == first+1 { // all of it: the word, or the token of what is unknown
		ends[first] = int32(len(word))
	}
	return ids, ends
}

// wordListModel is WordLevel of another maker than this program: a word is a token.
type wordListModel struct {
	ids     map[string]int
	unknown int32
}

func (m *wordListModel) worker() subwordWorker { return m }

func (m *wordListModel) tokens(ids, ends []int32, word []byte) ([]int32, []int32) {
	id, ok := m.ids[string(word)]
	if !ok {
		id = int(m.unknown)
	}
	return append(ids, int32(id)), append(ends, int32(len(word)))
}

// subwordScanner finds the tokens of text. It owns buffers and a cache of words,
// before which the models are slow: one goroutine each.
type subwordScanner struct {
	*subwords
	places    bool
	words     PreTokenizerWorker
	pipe      *pipeline // words, unless it is bertWords
	worker    subwordWorker
	cache     pieceCache
	ids, ends []int32

	// What the call under way hands its finds to, and where it is. The functions
	// behind it are made once: made for each text they would be garbage.
	out             func(token []byte, start, end int)
	dst             []int32
	word            func(word []byte, start, end int)
	token           func(id int32, start, end int)
	text            []byte
	from            int
	normal          *traced
	emitWord        func(word []byte, start, end int)
	emitToken       func(id int32, start, end int)
	encodeWord      func(word []byte, start, end int)
	encodeToken     func(id int32, start, end int)
	part, cut       func(from, to int)
	placed          func(word []byte, start, end int)
	normalizedToken func(id int32, from, to int)
}

func newSubwordScanner(s *subwords, places bool) *subwordScanner {
	c := &subwordScanner{subwords: s, places: places, words: s.splitting.NewWorker(places), worker: s.model.worker(), cache: newPieceCache()}
	c.pipe, _ = c.words.(*pipeline)
	c.emitWord = func(word []byte, start, end int) { c.emit(word, start, end, c.out) }
	c.emitToken = func(id int32, start, end int) { c.out(c.tokens[id], start, end) }
	c.encodeWord = func(word []byte, _, _ int) { c.dst = append(c.dst, c.idsOf(word)...) }
	c.encodeToken = func(id int32, _, _ int) { c.dst = append(c.dst, id) }
	c.placed = func(word []byte, start, end int) { c.word(word, c.from+start, c.from+end) }
	c.cut = func(a, b int) { c.pipe.cut(c.normal, a, b, c.placed) }
	c.normalizedToken = func(id int32, a, b int) {
		if t := c.normal; len(t.from) > 0 {
			a, b = t.from[a], t.until[b-1]
		}
		c.token(id, c.from+a, c.from+b)
	}
	c.part = func(from, to int) {
		c.from = from
		if c.pipe == nil {
			c.words.Each(c.text[from:to], c.placed)
			return
		}
		c.pipe.inner = from > 0
		c.normal = c.pipe.normalise(c.text[from:to])
		c.normalized.each(c.normal.text, c.cut, c.normalizedToken)
	}
	return c
}

// find calls emit with each token of text and, with places, the bytes of text it
// stands for. The token is valid for good.
func (s *subwordScanner) find(text []byte, emit func(token []byte, start, end int)) {
	s.out = emit
	s.parts(text, s.emitWord, s.emitToken)
	s.out = nil
}

// encode appends the ids of the tokens of text.
func (s *subwordScanner) encode(dst []int32, text []byte) []int32 {
	s.dst = dst
	s.parts(text, s.encodeWord, s.encodeToken)
	dst, s.dst = s.dst, nil
	return dst
}

// parts calls word with each word of text, and token with each added token.
func (s *subwordScanner) parts(text []byte, word func(word []byte, start, end int), token func(id int32, start, end int)) {
	s.text, s.word, s.token = text, word, token
	s.added.each(text, s.part, token)
	s.text, s.normal = nil, nil
}

// idsOf returns the tokens of a word, which are valid until the next call.
func (s *subwordScanner) idsOf(word []byte) []int32 {
	if ids, ok := s.cache.find(word); ok {
		return ids
	}
	s.ids, s.ends = s.worker.tokens(s.ids[:0], s.ends[:0], word)
	s.cache.add(word, s.ids)
	return s.ids
}

// emit hands out the tokens of a word.
func (s *subwordScanner) emit(word []byte, start, end int, emit func(token []byte, start, end int)) {
	if !s.places {
		for _, id := range s.idsOf(word) {
			emit(s.tokens[id], 0, 0)
		}
		return
	}
	s.ids, s.ends = s.worker.tokens(s.ids[:0], s.ends[:0], word)
	if len(s.ids) == 1 {
		emit(s.tokens[s.ids[0]], start, end)
		return
	}
	from := 0
	for i, id := range s.ids {
		to := int(s.ends[i])
		if to == from { // nothing, or a byte of a character that an earlier one stands for
			from = max(to-1, 0)
		}
		first, past := s.words.place(from, to)
		emit(s.tokens[id], start+first, start+past)
		from = to
	}
}

// with returns an error unless v has the tokens of s: its rows are theirs.
func (s *subwords) with(v *Vocabulary) error {
	if err := sameTokens(s.vocabulary, v); err != nil {
		return fmt.Errorf("the tokenizer has a vocabulary of its own: %w", err)
	}
	return nil
}
