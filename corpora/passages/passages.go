// Package passages cuts documents into passages of a limited number of tokens, at the ends of
// sentences: what a model encodes or a search finds is then a part of a document that can be read
// by itself, and that has a place in it.
//
//	document   Dr. Ames wrote it. It took 3.5 years! | Nobody read it. …
//	           └────────── passage 1 ──────────────┘
//	                              └─────────── passage 2 ────────┘  overlap: whole sentences
//
//	cutter, err := passages.New(tokenizer, passages.Options{Tokens: 150, Overlap: 20})
//	err = cutter.Cut(document, func(p passages.Passage) error {
//		fmt.Println(p.Start, p.End, p.FirstLine, p.Text)
//		return nil
//	})
//
// # Positions
//
// A document is bytes as they are in its file. Start and End count these bytes, whatever they
// are: invalid UTF-8, carriage returns, NUL. Text is what a model reads: valid, on one line.
//
// # Sentences
//
// A sentence ends at a full stop, question or exclamation mark, with the quotes and brackets that
// close after it, if white space and no small letter follow; at the terminators of other scripts,
// such as 。, no space is needed. Abbreviations, initials, decimal numbers and the numbers of list
// items do not end sentences. A blank line, a heading of Markdown and the start of a list item or
// a table row end one too; other line breaks are spaces.
//
// A sentence of more than Tokens tokens is cut at line breaks or, where a line is too long, between
// words; in scripts without spaces, between characters.
package passages

import (
	"sort"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// Options say how documents are cut.
type Options struct {
	// Tokens is the maximum number of tokens of a passage, as the tokenizer counts them, without
	// special tokens at the ends, or of words if there is no tokenizer. A single character of more
	// tokens is a passage of its own. It must be positive.
	Tokens int
	// Overlap is the maximum number of tokens with which a passage repeats the end of the one
	// before: whole sentences if one fits, otherwise words. It must be less than Tokens. Default 0.
	Overlap int
	// Paragraphs ends a passage at a blank line rather than at its last sentence, if that leaves at
	// least half of Tokens in it. Default: false.
	Paragraphs bool
}

// Validate returns an error that names the field at fault.
func (o Options) Validate() error {
	switch {
	case o.Tokens < 1:
		return fault.Field("Tokens", "100 to 300 is usual", "must be at least 1, got %d", o.Tokens)
	case o.Overlap < 0:
		return fault.Field("Overlap", "leave it out for passages that do not overlap", "must not be negative, got %d", o.Overlap)
	case o.Overlap >= o.Tokens:
		return fault.Field("Overlap", "a tenth of Tokens is usual", "must be less than Tokens, %d, got %d", o.Tokens, o.Overlap)
	}
	return nil
}

// Passage is a part of a document.
type Passage struct {
	// Start and End are the bytes of the document: document[Start:End]. Neither begins nor ends
	// with white space.
	Start, End int
	// FirstLine and LastLine are lines of the document, from 1. Lines end at LF, or at CR in a
	// document that has no LF in its first 64 KiB.
	FirstLine, LastLine int
	// Tokens is the number of tokens of Text.
	Tokens int
	// Text is the passage on one line, as [text.OneLine] makes it.
	Text string
}

// Cutter cuts documents. It is safe for concurrent use.
type Cutter struct {
	tokenizer *tokenize.Tokenizer
	options   Options
}

// New returns a cutter that counts the tokens of a tokenizer or, if t is nil, words as [Words]
// counts them.
func New(t *tokenize.Tokenizer, o Options) (*Cutter, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &Cutter{t, o}, nil
}

// Cut calls emit with each passage of a document, in order. Together they hold all of it but white
// space. A document of white space has none. An error from emit ends the cutting and is returned.
func (c *Cutter) Cut(document []byte, emit func(Passage) error) error {
	in := &pieces{cutter: c, document: document}
	lines := linesOf(document)
	var last []piece // of the passage before
	covered := 0
	for {
		first, ok := in.next()
		if !ok {
			return nil
		}
		taken := append(c.repeated(in, last, min(c.options.Overlap, c.options.Tokens-first.tokens)), first)
		repeated := len(taken) - 1
		sum := 0
		for _, p := range taken {
			sum += p.tokens
		}
		for {
			p, ok := in.next()
			if ok && sum+p.tokens <= c.options.Tokens && !(p.part && p.sentence) { // a long sentence begins a passage
				taken, sum = append(taken, p), sum+p.tokens
				continue
			}
			if ok {
				in.back(p)
			}
			break
		}
		taken = c.paragraphs(in, taken, repeated)
		// The tokens of a text may differ from those of its parts.
		passage := in.passage(taken)
		for passage.Tokens > c.options.Tokens && len(taken) > 1 {
			if len(taken) > repeated+1 {
				in.back(taken[len(taken)-1])
				taken = taken[:len(taken)-1]
			} else {
				taken, repeated = taken[1:], repeated-1
			}
			passage = in.passage(taken)
		}
		taken, passage = c.grow(in, taken, passage)
		last = taken
		if passage.Start == passage.End || passage.End <= covered { // nothing new but white space
			continue
		}
		covered = passage.End
		passage.FirstLine, passage.LastLine = lines.at(passage.Start), lines.at(passage.End-1)
		if err := emit(passage); err != nil {
			return err
		}
	}
}

// paragraphs gives back the pieces after the last blank line, if the passage stays half full.
func (c *Cutter) paragraphs(in *pieces, taken []piece, repeated int) []piece {
	if !c.options.Paragraphs || in.done() {
		return taken
	}
	sum, at := 0, 0
	for i, p := range taken {
		if sum*2 >= c.options.Tokens && i > repeated && endsParagraph(in.document[taken[i-1].start:p.start]) {
			at = i
		}
		sum += p.tokens
	}
	next := in.peek()
	if at == 0 || endsParagraph(in.document[taken[len(taken)-1].start:next]) {
		return taken
	}
	for i := len(taken) - 1; i >= at; i-- {
		in.back(taken[i])
	}
	return taken[:at]
}

// endsParagraph reports whether a piece ends with a blank line.
func endsParagraph(piece []byte) bool {
	breaks := 0
	for i := len(piece) - 1; i >= 0; i-- {
		switch piece[i] {
		case '\n':
			breaks++
		case ' ', '\t', '\r':
		default:
			return breaks > 1
		}
	}
	return breaks > 1
}

// repeated returns the pieces at the end of a passage that the next one repeats, of at most budget
// tokens: from the start of a sentence if there is one, otherwise from that of a word.
func (c *Cutter) repeated(in *pieces, last []piece, budget int) []piece {
	if len(last) == 0 || budget <= 0 {
		return nil
	}
	if p := last[len(last)-1]; p.tokens > budget {
		last = in.words(nil, p.start, p.end)
	}
	from, sentence, sum := len(last), len(last), 0
	for from > 0 && sum+last[from-1].tokens <= budget {
		from--
		if sum += last[from].tokens; last[from].sentence {
			sentence = from
		}
	}
	if sentence < len(last) {
		from = sentence
	}
	return append([]piece(nil), last[from:]...)
}

// grow adds parts of a long sentence to a passage while it has room: where a token spans several
// of them, their sum is too large.
func (c *Cutter) grow(in *pieces, taken []piece, passage Passage) ([]piece, Passage) {
	const tries = 8
	step := 0
	for try := 0; try < tries && passage.Tokens < c.options.Tokens; try++ {
		if step == 0 {
			step = max(1, len(taken)*(c.options.Tokens-passage.Tokens)/max(1, passage.Tokens))
		}
		more := taken
		for len(more) < len(taken)+step {
			p, ok := in.next()
			if !ok {
				break
			}
			if !p.part || p.sentence {
				in.back(p)
				break
			}
			more = append(more, p)
		}
		if len(more) == len(taken) {
			break
		}
		longer := in.passage(more)
		if longer.Tokens <= c.options.Tokens {
			taken, passage, step = more, longer, 0
			continue
		}
		for i := len(more) - 1; i >= len(taken); i-- {
			in.back(more[i])
		}
		if step = step / 2; step == 0 {
			break
		}
	}
	return taken, passage
}

// passage returns the passage of the given pieces, without its lines.
func (in *pieces) passage(taken []piece) Passage {
	start, end := taken[0].start, taken[len(taken)-1].end
	start, end = trim(in.document, start, end)
	p := Passage{Start: start, End: end, Text: string(text.OneLine(in.document[start:end]))}
	p.Tokens = in.cutter.Count(p.Text)
	return p
}

// Count returns the number of tokens of a text.
func (c *Cutter) Count(text string) (n int) {
	if c.tokenizer == nil {
		return Words(text)
	}
	c.tokenizer.Each(text, func([]byte, int32) { n++ })
	return n
}

// lineEnds are the offsets of the line breaks of a document.
type lineEnds []int

func linesOf(document []byte) lineEnds {
	end := byte('\n')
	if text.EndsAtCR(document[:min(len(document), 64<<10)]) {
		end = '\r'
	}
	var ends lineEnds
	for i, b := range document {
		if b == end {
			ends = append(ends, i)
		}
	}
	return ends
}

// at returns the number of the line that byte i is in, from 1.
func (l lineEnds) at(i int) int { return sort.SearchInts(l, i) + 1 }
