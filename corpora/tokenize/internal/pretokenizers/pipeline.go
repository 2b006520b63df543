package pretokenizers

import (
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/normalizers"
)

// cutStep is a pre-tokenizer: it cuts t.Bytes[from:to], which is not empty, and calls
// st.next with each part.
type cutStep interface {
	cut(st *stage, t *normalizers.Text, from, to int)
}

// stage is a cutStep at work, with its buffers.
type stage struct {
	cutStep
	pipe  *Pipeline
	out   normalizers.Text
	spare normalizers.Text
	spans []span
	next  func(t *normalizers.Text, from, to int)
}

// span is a part of a text, from its first byte to the one after its last.
type span struct{ from, to int }

// Pipeline is the Worker of any steps.
type Pipeline struct {
	steps   *PreTokenizer
	places  bool
	inner   bool // another part of the encoded text came before
	raw     normalizers.Text
	buffers [2]normalizers.Text
	first   func(t *normalizers.Text, from, to int)
	emit    func(word []byte, start, end int)
	last    *normalizers.Text // of the word emitted last
	at      int
}

// NewPipeline returns a worker that does the two stages one by one.
func (p *PreTokenizer) NewPipeline(places bool) *Pipeline {
	w := &Pipeline{steps: p, places: places || p.traced}
	w.first = w.word
	if p.Mark != 0 {
		w.first = w.cutMarked
	}
	for i := len(p.cuts) - 1; i >= 0; i-- {
		st := &stage{cutStep: p.cuts[i], pipe: w, next: w.first}
		w.first = func(t *normalizers.Text, from, to int) { st.cut(st, t, from, to) }
	}
	return w
}

// Each normalizes text and cuts it.
func (w *Pipeline) Each(text []byte, emit func(word []byte, start, end int)) {
	t := w.Normalize(text, false)
	w.Cut(t, 0, len(t.Bytes), emit)
}

// Normalize returns text normalized, valid until the next call. inner is true if
// another part of the same text came before.
func (w *Pipeline) Normalize(text []byte, inner bool) *normalizers.Text {
	w.inner = inner
	t := &w.raw
	t.Set(text, w.places)
	next := 0
	if !utf8.Valid(text) {
		t = normalizers.Repair{}.Apply(t, &w.buffers[0])
		next = 1
	}
	for _, step := range w.steps.normal {
		out := &w.buffers[next]
		out.Reset()
		if done := step.Apply(t, out); done != t {
			t, next = done, 1-next
		}
	}
	return t
}

// Cut calls emit with the words of a part of a normalized text.
func (w *Pipeline) Cut(t *normalizers.Text, from, to int, emit func(word []byte, start, end int)) {
	w.emit = emit
	if from < to {
		w.first(t, from, to)
	}
	w.emit = nil
}

// word emits t.Bytes[from:to] as a word.
func (w *Pipeline) word(t *normalizers.Text, from, to int) {
	if from == to {
		return
	}
	w.last, w.at = t, from
	start, end := 0, 0
	if len(t.From) > 0 {
		start, end = t.From[from], t.Until[to-1]
	}
	w.emit(t.Bytes[from:to], start, end)
}

// Place implements [Worker].
func (w *Pipeline) Place(start, end int) (first, past int) {
	if t := w.last; len(t.From) > 0 && start < end {
		return t.From[w.at+start] - t.From[w.at], max(t.From[w.at+start], t.Until[w.at+end-1]) - t.From[w.at]
	}
	return start, end
}

// cutMarked cuts before each mark that follows another character.
func (w *Pipeline) cutMarked(t *normalizers.Text, from, to int) {
	var mark [utf8.UTFMax]byte
	n := utf8.EncodeRune(mark[:], w.steps.Mark)
	begin, after := from, true // after: a mark, or nothing, precedes i
	for i := from; i < to; {
		if t.Bytes[i] == mark[0] && i+n <= to && string(t.Bytes[i:i+n]) == string(mark[:n]) {
			if !after {
				w.word(t, begin, i)
				begin = i
			}
			after = true
			i += n
			continue
		}
		after = false
		i++
	}
	w.word(t, begin, to)
}
