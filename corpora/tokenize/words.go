package tokenize

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
	"golang.org/x/text/unicode/norm"
)

// MaxWordBytes is the length above which a word is skipped: such words are
// encoded data or text that lost its spaces.
const MaxWordBytes = 1000

// Text is first cut at ASCII white space into pieces. A piece is lower-cased rune by
// rune (unless cased), converted to Unicode normal form C, and cut at the word
// boundaries of UAX #29; the segments that contain a letter or a digit are the
// words. Lower-casing comes before form C because there is no composed capital of
// some letters, such as j with caron.
//
// The narrow no-break space is read as the wide one: UAX #29 lets it join words, which
// Mongolian needs, but French has it before "!" and inside numbers.
//
// Cutting at white space first differs from UAX #29 over the whole text only
// where a combining mark follows a space. It makes the words independent of
// where a long line is split into chunks.

// NoWordsHint is the hint for a text of the given number of bytes in which t finds no words. It
// names the field Tokenizer.
func (t *Tokenizer) NoWordsHint(bytes int64) string {
	switch {
	case bytes == 0:
		return "provide text: there is none"
	case t == nil || t.options.Whitespace:
		return fmt.Sprintf("provide words that are separated by white space and have at most %d bytes", MaxWordBytes)
	}
	return fmt.Sprintf("provide words that have a letter or a digit and at most %d bytes; Tokenizer whitespace also keeps punctuation, symbols and emoji", MaxWordBytes)
}

const narrowSpace = '\u202f'

// Classes of bytes, by the property Word_Break of UAX #29.
const (
	classSpace     = 1 << iota // white space, which ends pieces
	classLetter                // ALetter
	classDigit                 // Numeric
	classScore                 // ExtendNumLet: the underscore
	classMidLetter             // joins letters: MidLetter, MidNumLet, Single_Quote
	classMidNumber             // joins digits: MidNum, MidNumLet, Single_Quote
	classHigh                  // not ASCII

	classWord = classLetter | classDigit | classScore
)

var byteClass, sameCase, lowerCase = byteTables()

func byteTables() (class, same, lower [256]byte) {
	for i := range 256 {
		b := byte(i)
		same[i], lower[i] = b, b
		switch {
		case b >= utf8.RuneSelf:
			class[i] = classHigh
		case 'A' <= b && b <= 'Z':
			class[i], lower[i] = classLetter, b+'a'-'A'
		case 'a' <= b && b <= 'z':
			class[i] = classLetter
		case '0' <= b && b <= '9':
			class[i] = classDigit
		case b == '_':
			class[i] = classScore
		case b == ' ', '\t' <= b && b <= '\r', b == 0: // NUL separates words, as in package text
			class[i] = classSpace
		}
	}
	class['.'] = classMidLetter | classMidNumber
	class['\''] = classMidLetter | classMidNumber
	class[':'] = classMidLetter
	class[','] = classMidNumber
	class[';'] = classMidNumber
	return class, same, lower
}

// wordFinder finds the words of a text. It owns buffers: each goroutine needs its own.
type wordFinder struct {
	WordOptions
	places bool // whether emit needs positions
	word   [MaxWordBytes]byte
	lower  []byte
	nfc    []byte
	from   []int // with places: for each byte of the normalized piece, its position in the piece
	spare  []int
	seg    *words.Iterator[[]byte]
}

func newWordFinder(o WordOptions, places bool) *wordFinder {
	return &wordFinder{WordOptions: o, places: places, seg: words.FromBytes(nil)}
}

// find calls emit with each word of text and, with places, the bytes of text that it
// stands for. The word is valid until emit returns.
//
// ASCII words, nearly all words of English, are cut here by the rules that remain
// of UAX #29. From any other byte to the next white space, piece applies all the
// rules. The tests compare the two.
func (s *wordFinder) find(text []byte, emit func(word []byte, start, end int)) {
	if s.Whitespace {
		s.spaced(text, emit)
		return
	}
	lower := &lowerCase
	if s.Cased {
		lower = &sameCase
	}
	word := &s.word
next:
	for i := 0; i < len(text); {
		c := byteClass[text[i]]
		if c&classWord == 0 {
			// A combining mark may belong to the character before it, so the piece begins
			// there.
			if c == classHigh || c != classSpace && i+1 < len(text) && text[i+1] >= utf8.RuneSelf {
				i = s.piece(text, i, emit)
			} else {
				i++
			}
			continue
		}
		start, n := i, 0
		var seen, last byte
		for {
			for c&classWord != 0 {
				if n < len(word) {
					word[n] = lower[text[i]]
				}
				n++
				i++
				last = c
				seen |= c
				if i == len(text) {
					c = 0
					break
				}
				c = byteClass[text[i]]
			}
			if c == classHigh {
				i = s.piece(text, start, emit)
				continue next
			}
			if c&(classMidLetter|classMidNumber) == 0 || i+1 >= len(text) {
				break
			}
			after := byteClass[text[i+1]]
			if after == classHigh {
				i = s.piece(text, start, emit)
				continue next
			}
			joins := c&classMidLetter != 0 && last&after&classLetter != 0 ||
				c&classMidNumber != 0 && last&after&classDigit != 0
			if !joins {
				break
			}
			if n < len(word) {
				word[n] = text[i]
			}
			n++
			i++
			c = after
		}
		if seen&(classLetter|classDigit) != 0 && n <= len(word) {
			emit(word[:n], start, i)
		}
	}
}

// piece finds the words from text[start] to the next white space by the full rules
// of Unicode, and returns the position of that white space.
func (s *wordFinder) piece(text []byte, start int, emit func(word []byte, start, end int)) int {
	end := start
	for end < len(text) && byteClass[text[end]] != classSpace {
		end++
	}
	normal := s.normalize(text[start:end])
	s.seg.SetText(normal)
	for s.seg.Next() {
		w := s.seg.Value()
		if len(w) > MaxWordBytes || !hasLetterOrDigit(w) {
			continue
		}
		if s.places {
			first, past := s.seg.Start(), s.seg.End()
			for s.from[past] <= s.from[first] { // both lie in a segment that was normalized as a whole
				past++
			}
			emit(w, start+s.from[first], start+s.from[past])
		} else {
			emit(w, 0, 0)
		}
	}
	return end
}

// normalize returns text in a buffer of s: repaired, lower-cased and in normal form C.
func (s *wordFinder) normalize(text []byte) []byte {
	low, from := s.lower[:0], s.from[:0]
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == narrowSpace {
			r = '\u00a0'
		}
		if !s.Cased {
			r = unicode.ToLower(r)
			if r == 'i' && n > 1 { // İ: keep its dot as a combining mark
				low = append(low, 'i')
				r = '\u0307'
			}
		}
		low = utf8.AppendRune(low, r)
		if s.places {
			for len(from) < len(low) {
				from = append(from, i)
			}
		}
		i += n
	}
	if s.places {
		from = append(from, len(text))
	}
	s.lower, s.from = low, from
	if norm.NFC.IsNormal(low) {
		return low
	}
	if !s.places {
		s.nfc = norm.NFC.Append(s.nfc[:0], low...)
		return s.nfc
	}
	// Segment by segment, so that each byte keeps at least the position of its segment.
	out, traced := s.nfc[:0], s.spare[:0]
	for i := 0; i < len(low); {
		n := norm.NFC.NextBoundary(low[i:], true)
		if seg := low[i : i+n]; norm.NFC.IsNormal(seg) {
			out = append(out, seg...)
			traced = append(traced, from[i:i+n]...)
		} else {
			out = norm.NFC.Append(out, seg...)
			for len(traced) < len(out) {
				traced = append(traced, from[i])
			}
		}
		i += n
	}
	traced = append(traced, len(text))
	s.nfc, s.from, s.spare = out, traced, from
	return out
}

func hasLetterOrDigit(w []byte) bool {
	for i := 0; i < len(w); {
		r, n := utf8.DecodeRune(w[i:])
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return true
		}
		i += n
	}
	return false
}
