package tokenize

import (
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
	"golang.org/x/text/unicode/norm"
)

// MaxWordBytes is the length above which a word is left out: such words are
// encoded data or text whose spaces were lost, and no vocabulary wants them.
const MaxWordBytes = 1000

// What a word is: text is cut at ASCII white space into pieces. A piece is
// lower-cased rune by rune (unless cased), brought to Unicode normal form C,
// and cut at the word boundaries of UAX #29; the segments with a letter or a
// digit in them are the words. Lower-casing comes first, so that its result is
// in form C too: J with caron has no composed capital, j with caron has one.
//
// The narrow no-break space counts as the wide one: UAX #29 lets it join words,
// for the sake of Mongolian, but in French it stands before "!" and in numbers.
//
// Cutting at white space first differs from UAX #29 over the whole text only
// where a combining mark follows a space; it makes the words independent of
// where a long line was cut into chunks.

const narrowSpace = '\u202f'

// Classes of bytes, from the property Word_Break of UAX #29.
const (
	classSpace     = 1 << iota // white space, where pieces end
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
		case b == ' ', '\t' <= b && b <= '\r', b == 0: // NUL separates, as in Read
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

// Scanner finds the words of a text. It owns buffers: one goroutine each.
type Scanner struct {
	cased      bool
	places     bool // whether emit needs to know where a word stands
	whitespace bool // words are what stands between white space
	word       [MaxWordBytes]byte
	lower      []byte
	nfc        []byte
	from       []int // with places: of each byte of the normalised piece, where it came from
	spare      []int
	seg        *words.Iterator[[]byte]
	subwords   *subwordScanner // words are the tokens that it finds; nil: they are not
	joiner     *joiner         // of phrases; nil when there are none

	// What the call under way hands its finds to, and the functions that do; these
	// are made once, for each text they would be garbage.
	emit   func(word []byte, id int32)
	each   func(word []byte, start, end int)
	ids    []int32
	encode func(word []byte, start, end int)
}

func newWordScanner(cased, places bool) *Scanner {
	return &Scanner{cased: cased, places: places, seg: words.FromBytes(nil)}
}

// Subwords reports whether the words are the tokens of a subword tokenizer. Then Encode
// gives their ids.
func (s *Scanner) Subwords() bool { return s.subwords != nil }

// Encode appends the ids of the subword tokens of text. It is for scanners of
// subwords only.
func (s *Scanner) Encode(dst []int32, text []byte) []int32 { return s.subwords.encode(dst, text) }

// find calls emit with each word of text, phrases not joined, and, with places,
// the bytes of text it stands for. The word is valid until emit returns.
//
// Words of ASCII, nearly all in English, are cut here by the rules that remain
// of UAX #29; what lies between a byte that is not ASCII and the next white
// space goes to piece, which has all of them. The tests hold the two together.
func (s *Scanner) find(text []byte, emit func(word []byte, start, end int)) {
	if s.subwords != nil {
		s.subwords.find(text, emit)
		return
	}
	if s.whitespace {
		s.spaced(text, emit)
		return
	}
	lower := &lowerCase
	if s.cased {
		lower = &sameCase
	}
	word := &s.word
next:
	for i := 0; i < len(text); {
		c := byteClass[text[i]]
		if c&classWord == 0 {
			// A mark may belong to the sign before it, so that begins the piece.
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

// piece finds the words from text[start] to the next white space by the whole
// of Unicode, and returns where that is.
func (s *Scanner) piece(text []byte, start int, emit func(word []byte, start, end int)) int {
	end := start
	for end < len(text) && byteClass[text[end]] != classSpace {
		end++
	}
	normal := s.normalise(text[start:end])
	s.seg.SetText(normal)
	for s.seg.Next() {
		w := s.seg.Value()
		if len(w) > MaxWordBytes || !hasLetterOrDigit(w) {
			continue
		}
		if s.places {
			first, past := s.seg.Start(), s.seg.End()
			for s.from[past] <= s.from[first] { // both lie in what was normalised as one
				past++
			}
			emit(w, start+s.from[first], start+s.from[past])
		} else {
			emit(w, 0, 0)
		}
	}
	return end
}

// normalise returns text repaired, lower-cased and in normal form C, in a
// buffer of s.
func (s *Scanner) normalise(text []byte) []byte {
	low, from := s.lower[:0], s.from[:0]
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == narrowSpace {
			r = '\u00a0'
		}
		if !s.cased {
			r = unicode.ToLower(r)
			if r == 'i' && n > 1 { // İ, whose dot must not be lost
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
	// Segment by segment, so that a byte can be traced at least to its segment.
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
