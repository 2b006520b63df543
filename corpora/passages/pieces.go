package passages

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/clipperhouse/uax29/v2/words"

	"github.com/luminavec/luminavec/corpora/text"
)

// piece is a part of a document that is not cut: a sentence, or a part of one that is too long.
type piece struct {
	start, end int
	tokens     int
	sentence   bool // a sentence begins here
	part       bool // of a sentence that is too long
}

// pieces yields the pieces of a document.
type pieces struct {
	cutter   *Cutter
	document []byte
	at       int     // of the next sentence, or part of one
	sentence int     // end of the sentence that at is in
	waiting  []piece // the next pieces, in reverse
}

// maxSentence is the size in bytes from which a sentence is read in parts: its pieces take 50 times
// as much memory if they are characters.
const maxSentence = 256 << 10

// breakBefore returns where the last white space of a text ends, or its last character begins if
// there is none.
func breakBefore(part []byte) int {
	if i := bytes.LastIndexAny(part, " \t\r\n"); i >= 0 {
		return i + 1
	}
	at := len(part) - 1
	for at > len(part)-utf8.UTFMax && !utf8.RuneStart(part[at]) {
		at--
	}
	return at
}

// next returns the next piece; ok is false after the last one.
func (in *pieces) next() (p piece, ok bool) {
	if n := len(in.waiting); n > 0 {
		p = in.waiting[n-1]
		in.waiting = in.waiting[:n-1]
		return p, true
	}
	if in.at == len(in.document) {
		return piece{}, false
	}
	start := in.at
	begins := start >= in.sentence
	if begins {
		in.sentence = sentenceEnd(in.document, start)
	}
	if in.at = in.sentence; in.at-start > maxSentence {
		in.at = start + breakBefore(in.document[start:start+maxSentence])
	}
	p = in.piece(start, in.at)
	p.sentence = begins
	if p.tokens <= in.cutter.options.Tokens {
		p.part = !begins || in.at < in.sentence
		return p, true
	}
	parts := in.lines(p)
	parts[0].sentence = begins
	for i := len(parts) - 1; i >= 0; i-- {
		in.waiting = append(in.waiting, parts[i])
	}
	return in.next()
}

// done reports whether there are no more pieces.
func (in *pieces) done() bool { return len(in.waiting) == 0 && in.at == len(in.document) }

// peek returns where the next piece starts.
func (in *pieces) peek() int {
	if n := len(in.waiting); n > 0 {
		return in.waiting[n-1].start
	}
	return in.at
}

// back makes p the next piece again.
func (in *pieces) back(p piece) { in.waiting = append(in.waiting, p) }

// piece returns a part of the document and its tokens.
func (in *pieces) piece(start, end int) piece {
	return piece{start: start, end: end, tokens: in.cutter.Count(string(text.OneLine(in.document[start:end])))}
}

// lines cuts a long sentence into its lines, and lines that are too long into words.
func (in *pieces) lines(p piece) (parts []piece) {
	for start := p.start; start < p.end; {
		end := p.end
		if i := bytes.IndexAny(in.document[start:p.end], "\r\n"); i >= 0 {
			end = start + i + 1
		}
		for end < p.end {
			r, n := utf8.DecodeRune(in.document[end:])
			if !IsSpace(r) {
				break
			}
			end += n
		}
		line := in.piece(start, end)
		line.part = true
		if line.tokens > in.cutter.options.Tokens {
			parts = in.words(parts, start, end)
		} else {
			parts = append(parts, line)
		}
		start = end
	}
	return parts
}

// words appends the words of a part of the document, each with the white space after it. A word
// that is too long is cut into characters. A word begins after white space and, in scripts without
// spaces between words, at each boundary that Unicode defines.
func (in *pieces) words(parts []piece, start, end int) []piece {
	add := func(from, to int) {
		w := in.piece(from, to)
		w.part = true
		if w.tokens > in.cutter.options.Tokens {
			parts = in.characters(parts, from, to)
			return
		}
		parts = append(parts, w)
	}
	begin, at := start, start
	before := ' '
	for split := words.FromBytes(in.document[start:end]); split.Next(); {
		segment := split.Value()
		first, _ := utf8.DecodeRune(segment)
		if at > begin && !IsSpace(first) && (IsSpace(before) || unspaced(first) || unspaced(before)) {
			add(begin, at)
			begin = at
		}
		before, _ = utf8.DecodeLastRune(segment)
		at += len(segment)
	}
	if begin < end {
		add(begin, end)
	}
	return parts
}

// characters appends the characters of a part of the document.
func (in *pieces) characters(parts []piece, start, end int) []piece {
	for split := graphemes.FromBytes(in.document[start:end]); split.Next(); {
		c := in.piece(start, start+len(split.Value()))
		c.part = true
		parts = append(parts, c)
		start = c.end
	}
	return parts
}

// unspaced reports whether a script has no spaces between words.
func unspaced(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// IsSpace reports whether a rune is white space, or NUL, which is read as a space.
func IsSpace(r rune) bool { return r == 0 || unicode.IsSpace(r) }

// trim removes white space at both ends of document[start:end].
func trim(document []byte, start, end int) (int, int) {
	for start < end {
		r, n := utf8.DecodeRune(document[start:end])
		if !IsSpace(r) {
			break
		}
		start += n
	}
	for start < end {
		r, n := utf8.DecodeLastRune(document[start:end])
		if !IsSpace(r) {
			break
		}
		end -= n
	}
	return start, end
}
