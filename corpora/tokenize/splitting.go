package tokenize

import (
	"unicode/utf8"
)

// A tokenizer of subwords works in three steps: the normalizer changes the text,
// the pre_tokenizer cuts it into words, and the model cuts each word into the
// tokens of its vocabulary. This file has the first two, with the names and the
// meaning of Hugging Face's tokenizers library.

// PreTokenizerWorker cuts text into the words of a subword model, in the alphabet of the
// model: "the" of BERT is "Ġthe" to a byte-level model and "▁the" behind
// Metaspace. It owns buffers: one goroutine each.
type PreTokenizerWorker interface {
	// each calls emit with each word of text and, when the splitter knows places, the
	// bytes of text it stands for. The word is valid until emit returns. A byte that
	// is not UTF-8 is U+FFFD.
	Each(text []byte, emit func(word []byte, start, end int))
	// place returns where a part of the word that was emitted last stands, counted
	// from where the word does.
	place(start, end int) (first, past int)
}

// PreTokenizer says how text becomes words. It does not change once made.
type PreTokenizer struct {
	bert   *bertOptions // BertNormalizer and BertPreTokenizer, which bertWords is fast for
	normal []normalStep
	cuts   []cutStep
	// marked is a sign that may begin a word wherever it stands behind another
	// character, though nothing here cuts there: see bpeModel.cutsBefore. 0: none.
	marked rune
	traced bool // places must be known to find the words
}

// PreTokenizerWorker returns one; without places it is faster.
func (s *PreTokenizer) NewWorker(places bool) PreTokenizerWorker {
	if s.bert != nil {
		return newBertWords(*s.bert)
	}
	return newPipeline(s, places)
}

// normalStep changes text: it returns in when it has nothing to change, and out,
// which is empty at first, otherwise.
type normalStep interface {
	apply(in, out *traced) *traced
}

// cutStep cuts text[from:to] and calls st.next with each part.
type cutStep interface {
	cut(st *stage, t *traced, from, to int)
}

// stage is a cutStep at work, with its buffers.
type stage struct {
	cutStep
	pipe  *pipeline
	out   traced
	spare traced
	spans []span
	next  func(t *traced, from, to int)
}

// span is a part of a text, from its first byte to behind its last.
type span struct{ from, to int }

// pipeline is the splitter of any splitting.
type pipeline struct {
	splitting *PreTokenizer
	places    bool
	inner     bool // the text is not the beginning of what is encoded
	raw       traced
	buffers   [2]traced
	first     func(t *traced, from, to int)
	emit      func(word []byte, start, end int)
	last      *traced // of the word that was emitted last
	at        int
}

func newPipeline(s *PreTokenizer, places bool) *pipeline {
	p := &pipeline{splitting: s, places: places || s.traced}
	p.first = p.word
	if s.marked != 0 {
		p.first = p.cutMarked
	}
	for i := len(s.cuts) - 1; i >= 0; i-- {
		st := &stage{cutStep: s.cuts[i], pipe: p, next: p.first}
		p.first = func(t *traced, from, to int) { st.cut(st, t, from, to) }
	}
	return p
}

func (p *pipeline) Each(text []byte, emit func(word []byte, start, end int)) {
	t := p.normalise(text)
	p.cut(t, 0, len(t.text), emit)
}

// cut calls emit with the words of a part of a normalised text.
func (p *pipeline) cut(t *traced, from, to int, emit func(word []byte, start, end int)) {
	p.emit = emit
	if from < to {
		p.first(t, from, to)
	}
	p.emit = nil
}

// word emits text[from:to] as a word.
func (p *pipeline) word(t *traced, from, to int) {
	if from == to {
		return
	}
	p.last, p.at = t, from
	start, end := 0, 0
	if len(t.from) > 0 {
		start, end = t.from[from], t.until[to-1]
	}
	p.emit(t.text[from:to], start, end)
}

func (p *pipeline) place(start, end int) (first, past int) {
	if t := p.last; len(t.from) > 0 && start < end {
		return t.from[p.at+start] - t.from[p.at], max(t.from[p.at+start], t.until[p.at+end-1]) - t.from[p.at]
	}
	return start, end
}

// cutMarked cuts before each marked sign that stands behind another character.
func (p *pipeline) cutMarked(t *traced, from, to int) {
	var mark [utf8.UTFMax]byte
	n := utf8.EncodeRune(mark[:], p.splitting.marked)
	begin, behind := from, true // behind: a marked sign, or nothing, stands before i
	for i := from; i < to; {
		if t.text[i] == mark[0] && i+n <= to && string(t.text[i:i+n]) == string(mark[:n]) {
			if !behind {
				p.word(t, begin, i)
				begin = i
			}
			behind = true
			i += n
			continue
		}
		behind = false
		i++
	}
	p.word(t, begin, to)
}

// normalise returns text repaired and normalised, valid until the next call.
func (p *pipeline) normalise(text []byte) *traced {
	t := &p.raw
	t.reset()
	t.text = text // it is only read, and put away at the next call
	if p.places {
		for i := 0; i < len(text); {
			_, n := utf8.DecodeRune(text[i:])
			for range n { // of a part of a character the place is that of all
				t.from, t.until = append(t.from, i), append(t.until, i+n)
			}
			i += n
		}
	}
	next := 0
	if !utf8.Valid(text) {
		t = repairStep{}.apply(t, &p.buffers[0])
		next = 1
	}
	for _, step := range p.splitting.normal {
		out := &p.buffers[next]
		out.reset()
		if done := step.apply(t, out); done != t {
			t, next = done, 1-next
		}
	}
	return t
}

// traced is text with the place where each of its bytes came from; from and until
// are empty where places are not asked for.
type traced struct {
	text        []byte
	from, until []int
}

func (t *traced) reset() { t.text, t.from, t.until = t.text[:0], t.from[:0], t.until[:0] }

func (t *traced) add(r rune, from, until int) {
	t.text = utf8.AppendRune(t.text, r)
	for len(t.from) < len(t.text) {
		t.from, t.until = append(t.from, from), append(t.until, until)
	}
}

// put appends r, which stands for in.text[from:to], not an empty part.
func (t *traced) put(in *traced, r rune, from, to int) {
	t.text = utf8.AppendRune(t.text, r)
	t.trace(in, from, to)
}

// trace says that what was appended to t.text stands for in.text[from:to].
func (t *traced) trace(in *traced, from, to int) {
	if len(in.from) == 0 {
		return
	}
	for len(t.from) < len(t.text) {
		t.from, t.until = append(t.from, in.from[from]), append(t.until, in.until[to-1])
	}
}

// copy appends in.text[from:to].
func (t *traced) copy(in *traced, from, to int) {
	t.text = append(t.text, in.text[from:to]...)
	if len(in.from) > 0 {
		t.from, t.until = append(t.from, in.from[from:to]...), append(t.until, in.until[from:to]...)
	}
}

// before appends text that stands for nothing before in.text[at].
func (t *traced) before(in *traced, text string, at int) {
	t.text = append(t.text, text...)
	if len(in.from) > 0 {
		for len(t.from) < len(t.text) {
			t.from, t.until = append(t.from, in.from[at]), append(t.until, in.from[at])
		}
	}
}
