package tokenize

import "bytes"

// Scanner finds the words of a text that comes in parts, such as a file that is read in chunks.
// It is a [Tokenizer] with its own buffers: each goroutine needs one.
type Scanner struct {
	vocabulary *Vocabulary
	finder     *wordFinder
	subwords   *subwordScanner // nil for a word tokenizer
	joiner     *joiner         // of phrases; nil if there are none

	// What the current call does with its words. The functions are made once, because
	// making them for each text would produce garbage.
	emit        func(word []byte)
	emitID      func(word []byte, id int32)
	dst         []int32
	toEmit      func(word []byte, start, end int)
	toEmitID    func(word []byte, start, end int)
	toDst       func(word []byte, start, end int)
	tokenToEmit func(id int32, start, end int)
	tokenToID   func(id int32, start, end int)
}

// NewScanner returns a scanner of the tokenizer's words. Phrases are joined whether or
// not they are in the vocabulary.
func (t *Tokenizer) NewScanner() *Scanner { return newScanner(t, t.passes, false) }

// newScanner returns a scanner of t's words that joins the phrases of passes and, with
// places, finds positions.
func newScanner(t *Tokenizer, passes []*phrasePass, places bool) *Scanner {
	s := &Scanner{vocabulary: t.vocabulary, joiner: newJoiner(passes)}
	if t.sub != nil {
		s.subwords = newSubwordScanner(t.sub, places)
		s.tokenToEmit = func(id int32, _, _ int) { s.emit(s.subwords.token(id)) }
		s.tokenToID = func(id int32, _, _ int) { s.emitID(s.subwords.token(id), id) }
		return s
	}
	s.finder = newWordFinder(t.options, places)
	s.toEmit = func(word []byte, _, _ int) { s.emit(word) }
	s.toEmitID = func(word []byte, _, _ int) { s.emitID(word, s.vocabulary.idOf(word)) }
	s.toDst = func(word []byte, _, _ int) {
		if id := s.vocabulary.idOf(word); id >= 0 {
			s.dst = append(s.dst, id)
		}
	}
	return s
}

// Words calls emit with each word of a part of a text. A phrase may begin in one part
// and end in the next, so the last words of a part may be held back until the next call
// of Words or EndLine. A word does not continue in the next part. The word is valid
// until emit returns and must not be changed.
func (s *Scanner) Words(part []byte, emit func(word []byte)) {
	s.emit = emit
	switch {
	case s.subwords != nil:
		s.subwords.find(part, s.tokenToEmit)
	case s.joiner != nil:
		s.joined(part, s.toEmit)
	default:
		s.finder.find(part, s.toEmit)
	}
	s.emit = nil
}

// EndLine ends a line: words that were held back are emitted, and no phrase continues.
func (s *Scanner) EndLine(emit func(word []byte)) {
	if s.joiner != nil {
		s.emit = emit
		s.joiner.flush(s.toEmit)
		s.emit = nil
	}
}

// Skipped returns how many words of more than MaxWordBytes bytes were skipped.
func (s *Scanner) Skipped() int64 {
	if s.finder == nil {
		return 0
	}
	return s.finder.skipped
}

// Encode appends to dst the ids of the words of a whole text. Words, and phrases, that are
// not in the vocabulary are skipped.
func (s *Scanner) Encode(dst []int32, text []byte) []int32 {
	if s.subwords != nil {
		return s.subwords.encode(dst, text)
	}
	s.dst = dst
	s.scan(text, s.toDst)
	dst, s.dst = s.dst, nil
	return dst
}

// each calls emit with the words of a whole text and their ids.
func (s *Scanner) each(text []byte, emit func(word []byte, id int32)) {
	s.emitID = emit
	if s.subwords != nil {
		s.subwords.find(text, s.tokenToID)
	} else {
		s.scan(text, s.toEmitID)
	}
	s.emitID = nil
}

// scan calls emit with each word of a whole text, phrases joined, and, with places, the
// bytes of text that it stands for.
func (s *Scanner) scan(text []byte, emit func(word []byte, start, end int)) {
	if s.joiner == nil {
		s.finder.find(text, emit)
		return
	}
	s.reset()
	s.joined(text, emit)
	s.joiner.flush(emit)
}

// reset forgets words that were held back.
func (s *Scanner) reset() {
	if s.joiner != nil {
		s.joiner.reset()
	}
}

// joined calls emit with each word of a part of a text, phrases joined.
func (s *Scanner) joined(part []byte, emit func(word []byte, start, end int)) {
	for from := 0; ; {
		line, _, ended := bytes.Cut(part[from:], []byte("\n"))
		s.finder.find(line, func(word []byte, start, end int) {
			s.joiner.feed(0, word, from+start, from+end, emit)
		})
		if !ended {
			return
		}
		s.joiner.flush(emit)
		from += len(line) + 1
	}
}
