package documents

import (
	"bytes"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/passages"
)

// heading is one of the headings above a section.
type heading struct {
	level int // from 1
	flow  flow
	text  string
	shown bool // in the trail of a section that was read, or in a text
}

// maxHeading is the maximum number of bytes of a heading and of a title. Each passage below it repeats
// it, so what is longer is text.
const maxHeading = 1000

// section is what is under a heading, up to the next.
type section struct {
	trail []*heading
	body  flow
	words int
}

// smallSection is the part of Chunk below which a section is joined to its neighbor. Joining more
// finds less: of 91 questions over the pages of npm's documentation, the right page has an MRR@10
// of 0.727, but 0.701 with 0.2 and 0.685 with 0.5 (BM25 and vectors fused).
const smallSection = 0.05

// sections divides a document into sections, and these into passages.
type sections struct {
	r       *reading
	trail   []*heading
	body    flow // of the section that is read
	waiting []*section
	words   int // of waiting
	whole   flow
}

// heading begins a section.
func (s *sections) heading(level int, f flow) error {
	text := strings.Join(strings.Fields(display(f.text)), " ")
	if text == "" {
		return nil
	}
	if len(text) > maxHeading {
		s.body.paragraph()
		s.body.join(&f)
		s.body.paragraph()
		return nil
	}
	if err := s.end(); err != nil {
		return err
	}
	keep := 0
	for keep < len(s.trail) && s.trail[keep].level < level {
		keep++
	}
	s.trail = append(s.trail[:keep:keep], &heading{level: level, flow: f, text: text})
	return nil
}

// end ends the section that is read.
func (s *sections) end() error {
	body := s.body
	s.body = flow{}
	if len(s.trail) == 0 && len(bytes.TrimSpace(body.text)) == 0 {
		return nil
	}
	return s.section(&section{trail: slices.Clone(s.trail), body: body})
}

// section takes a section that has been read.
func (s *sections) section(x *section) error {
	switch s.r.source.options.Split {
	case Whole:
		s.withHeadings(&s.whole, x, 0)
		return nil
	case Paragraph:
		return s.paragraphs(x)
	case Line:
		return s.lines(x)
	case Section:
		if len(bytes.TrimSpace(x.body.text)) == 0 {
			return nil
		}
		return s.cut(x.trail, &x.body, s.r.count(x.body.text))
	}
	x.words = s.r.count(x.body.text)
	if n := len(s.waiting); n > 0 && !s.joins(x) {
		for n > 0 && s.waiting[n-1].words == 0 { // headings without text go with what follows
			n--
		}
		headings := slices.Clone(s.waiting[n:])
		s.waiting = s.waiting[:n]
		if err := s.flush(); err != nil {
			return err
		}
		s.waiting = headings
	}
	s.waiting = append(s.waiting, x)
	s.words += x.words
	return nil
}

// joins reports whether a section belongs to the passage of those that wait.
func (s *sections) joins(x *section) bool {
	last := s.waiting[len(s.waiting)-1]
	if last.words == 0 {
		return s.words+x.words <= s.r.source.options.Chunk || len(s.waiting) == 1
	}
	small := int(smallSection * float64(s.r.source.options.Chunk))
	if s.words+x.words > s.r.source.options.Chunk || s.words > small && x.words > small {
		return false
	}
	// They are siblings, or one is the parent of the other.
	return common(last.trail, x.trail) >= min(len(last.trail), len(x.trail))-1
}

// common returns the number of headings that two trails share.
func common(a, b []*heading) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// flush emits the sections that wait.
func (s *sections) flush() error {
	waiting, words := s.waiting, s.words
	s.waiting, s.words = nil, 0
	if len(waiting) == 0 {
		return nil
	}
	// Headings without text that are above the first section with text are in its trail.
	for len(waiting) > 1 && waiting[0].words == 0 && common(waiting[0].trail, waiting[1].trail) == len(waiting[0].trail) {
		waiting = waiting[1:]
	}
	if len(waiting) == 1 {
		x := waiting[0]
		if x.words > 0 {
			return s.cut(x.trail, &x.body, words)
		}
		return s.emitHeading(x)
	}
	shared := waiting[0].trail
	for _, x := range waiting[1:] {
		shared = shared[:common(shared, x.trail)]
	}
	var f flow
	for _, x := range waiting {
		s.withHeadings(&f, x, len(shared))
	}
	return s.cut(shared, &f, s.r.count(f.text))
}

// emitHeading emits a heading without text as a passage.
func (s *sections) emitHeading(x *section) error {
	if len(x.trail) == 0 {
		return nil
	}
	last := x.trail[len(x.trail)-1]
	if last.shown {
		return nil
	}
	return s.cut(x.trail[:len(x.trail)-1], &last.flow, s.r.count(last.flow.text))
}

// withHeadings appends a section, with the headings of its trail that were not shown, from the
// given one.
func (s *sections) withHeadings(f *flow, x *section, from int) {
	for _, h := range x.trail[min(from, len(x.trail)):] {
		if !h.shown {
			f.paragraph()
			f.join(&h.flow)
			f.line()
			if s.r.flow != nil { // a sentence of its own
				f.paragraph()
			}
			h.shown = true
		}
	}
	f.line()
	f.join(&x.body)
	f.paragraph()
}

// finish ends the document.
func (s *sections) finish() error {
	if err := s.end(); err != nil {
		return err
	}
	if s.r.flow != nil {
		*s.r.flow, s.r.found = s.whole, len(bytes.TrimSpace(s.whole.text)) > 0
		return nil
	}
	if s.r.source.options.Split == Whole {
		return s.r.passage(nil, &s.whole, 0, len(s.whole.text))
	}
	return s.flush()
}

// paragraphs emits the paragraphs of a section.
func (s *sections) paragraphs(x *section) error {
	text := x.body.text
	for at := 0; at < len(text); {
		end := nextParagraph(text, at)
		part := x.body.part(at, end)
		if err := s.cut(x.trail, &part, s.r.count(part.text)); err != nil {
			return err
		}
		at = end
	}
	return nil
}

// nextParagraph returns where the line after the next blank line starts.
func nextParagraph(text []byte, at int) int {
	blank := true // only blank lines so far
	for at < len(text) {
		end := at + bytes.IndexByte(text[at:], '\n') + 1
		if end == at {
			return len(text)
		}
		if len(bytes.TrimSpace(text[at:end])) > 0 {
			blank = false
		} else if !blank {
			return end
		}
		at = end
	}
	return at
}

// lines emits the lines of a section.
func (s *sections) lines(x *section) error {
	text := x.body.text
	for at := 0; at < len(text); {
		end := at + bytes.IndexByte(text[at:], '\n') + 1
		if end == at {
			end = len(text)
		}
		if err := s.r.passage(x.trail, &x.body, at, end); err != nil {
			return err
		}
		at = end
	}
	return nil
}

// cut emits the passages of a text of so many words. If there are several, they are about equally
// long.
func (s *sections) cut(trail []*heading, f *flow, words int) error {
	for _, h := range trail {
		h.shown = true
	}
	o := s.r.source.options
	if words <= o.Chunk {
		return s.r.passage(trail, f, 0, len(f.text))
	}
	limits := passages.Options{Tokens: o.Chunk, Overlap: o.Overlap, Paragraphs: true}
	if fresh := o.Chunk - o.Overlap; words < 8*o.Chunk {
		n := (words - o.Overlap + fresh - 1) / fresh
		limits.Tokens = min(o.Chunk, max(o.Overlap+1, (words+(n-1)*o.Overlap)/n+max(10, o.Chunk/6)))
	}
	cutter, err := passages.New(s.r.source.tokenizer, limits)
	if err != nil {
		return err
	}
	return cutter.Cut(f.text, func(p passages.Passage) error {
		return s.r.passage(trail, f, p.Start, p.End)
	})
}
