package tokenize

import (
	"fmt"
	"slices"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/models"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/normalizers"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/pretokenizers"
)

// subwords is a tokenizer of Hugging Face's tokenizers library: the stages of a
// tokenizer.json, each from the package of that name. It does not change once made.
//
//	text ──► added tokens ──► normalizers ──► added tokens ──► pre-tokenizer ──► model ──► ids
type subwords struct {
	file         []byte // tokenizer.json as it was read
	vocabulary   *Vocabulary
	added        addedTokens // found in the text
	normalized   addedTokens // found in the normalized text
	preTokenizer *pretokenizers.PreTokenizer
	model        models.Model
	unknown      int32  // -1 if unknown text has no token
	blanks       string // characters that the first two stages make of spaces
}

// check returns an error unless v has the tokens of s: the ids are part of the tokenizer.
func (s *subwords) check(v *Vocabulary) error {
	if err := sameTokens(s.vocabulary, v); err != nil {
		return fmt.Errorf("the tokenizer has a different vocabulary: %w", err)
	}
	return nil
}

// subwordScanner finds the tokens of text. It owns buffers and a cache of words,
// because models are slow: each goroutine needs its own.
type subwordScanner struct {
	*subwords
	places    bool
	words     pretokenizers.Worker
	pipe      *pretokenizers.Pipeline // words, unless that is the fast path for BERT
	bert      *bertScan               // fast path for BERT without places; else nil
	worker    models.Worker
	cache     pieceCache
	keys      []pieceKey // of words whose tokens come next
	ids, ends []int32
	word      []byte

	// The state of the current call. The functions are made once: made for each
	// text, they would be garbage.
	emit       func(id int32, start, end int)
	dst        []int32
	onWord     func(word []byte, start, end int)
	onToken    func(id int32, start, end int)
	text       []byte
	from       int // where the current part of text begins
	normal     *normalizers.Text
	emitWord   func(word []byte, start, end int)
	emitToken  func(id int32, start, end int)
	appendWord func(word []byte, start, end int)
	appendID   func(id int32, start, end int)
	part, cut  func(from, to int)
	placed     func(word []byte, start, end int)
	inNormal   func(id int32, from, to int)
}

func newSubwordScanner(s *subwords, places bool) *subwordScanner {
	c := &subwordScanner{subwords: s, places: places, words: s.preTokenizer.NewWorker(places), worker: s.model.NewWorker(), cache: newPieceCache()}
	c.pipe, _ = c.words.(*pretokenizers.Pipeline)
	if words, ok := c.words.(*pretokenizers.BertWords); ok && !places {
		c.bert = newBertScan(words)
	}
	c.emitWord = c.emitTokens
	c.emitToken = func(id int32, start, end int) { c.emit(id, start, end) }
	c.appendWord = func(word []byte, _, _ int) {
		if len(word) <= pieceKeyBytes && word[len(word)-1] != 0 {
			c.keys = append(c.keys, shortKey(word))
			return
		}
		c.lookUp()
		c.dst = append(c.dst, c.idsOf(word)...)
	}
	c.appendID = func(id int32, _, _ int) {
		c.lookUp()
		c.dst = append(c.dst, id)
	}
	c.placed = func(word []byte, start, end int) { c.onWord(word, c.from+start, c.from+end) }
	c.cut = func(from, to int) { c.pipe.Cut(c.normal, from, to, c.placed) }
	c.inNormal = func(id int32, from, to int) {
		if t := c.normal; len(t.From) > 0 {
			from, to = t.From[from], t.Until[to-1]
		}
		c.onToken(id, c.from+from, c.from+to)
	}
	c.part = func(from, to int) {
		c.from = from
		if c.pipe == nil {
			c.words.Each(c.text[from:to], c.placed)
			return
		}
		c.normal = c.pipe.Normalize(c.text[from:to], from > 0)
		c.normalized.each(c.normal.Bytes, c.cut, c.inNormal)
	}
	return c
}

// token returns the text of a token, which must not be changed.
func (s *subwordScanner) token(id int32) []byte { return bytesOf(s.vocabulary.tokens[id]) }

// find calls emit with the id of each token of text and, with places, the bytes of text
// that it stands for.
func (s *subwordScanner) find(text []byte, emit func(id int32, start, end int)) {
	s.emit = emit
	s.scan(text, s.emitWord, s.emitToken)
	s.emit = nil
}

// encode appends the ids of the tokens of text. Its words are looked up together, so that the
// processor waits for many of them at once.
func (s *subwordScanner) encode(dst []int32, text []byte) []int32 {
	s.dst = dst
	if s.bert != nil && !s.added.in(text) {
		s.scanBert(text)
	} else {
		s.scan(text, s.appendWord, s.appendID)
	}
	s.lookUp()
	dst, s.dst = s.dst, nil
	return dst
}

// lookUp appends the tokens of the words in s.keys.
func (s *subwordScanner) lookUp() {
	dst := slices.Grow(s.dst, pieceInSlot*len(s.keys))
	for _, key := range s.keys {
		slot := s.cache.slot(key)
		switch {
		case slot.key == pieceKey{}:
			s.word = key.appendWord(s.word[:0])
			dst = append(dst, s.idsOf(s.word)...)
		case slot.n <= pieceInSlot:
			n := len(dst)
			dst = append(dst, slot.ids[:]...)[:n+int(slot.n)]
		default:
			dst = append(dst, s.cache.tokens(slot)...)
		}
	}
	s.dst, s.keys = dst, s.keys[:0]
}

// scan calls onWord with each word of text and onToken with each added token.
func (s *subwordScanner) scan(text []byte, onWord func(word []byte, start, end int), onToken func(id int32, start, end int)) {
	s.text, s.onWord, s.onToken = text, onWord, onToken
	s.added.each(text, s.part, onToken)
	s.text, s.normal = nil, nil
}

// idsOf returns the tokens of a word, valid until the next call.
func (s *subwordScanner) idsOf(word []byte) []int32 {
	if ids, ok := s.cache.find(word); ok {
		return ids
	}
	s.ids, s.ends = s.worker.Tokens(s.ids[:0], s.ends[:0], word)
	s.cache.add(word, s.ids)
	return s.ids
}

// emitTokens emits the tokens of a word.
func (s *subwordScanner) emitTokens(word []byte, start, end int) {
	if !s.places {
		for _, id := range s.idsOf(word) {
			s.emit(id, 0, 0)
		}
		return
	}
	s.ids, s.ends = s.worker.Tokens(s.ids[:0], s.ends[:0], word)
	if len(s.ids) == 1 {
		s.emit(s.ids[0], start, end)
		return
	}
	from := 0
	for i, id := range s.ids {
		to := int(s.ends[i])
		if to == from { // no bytes, or a byte of a character that an earlier token stands for
			from = max(to-1, 0)
		}
		first, past := s.words.Place(from, to)
		s.emit(id, start+first, start+past)
		from = to
	}
}
