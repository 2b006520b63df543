package normalizers

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

func init() {
	register("Lowercase", fixed(newCharacterStep(putLower)))
	register("StripAccents", fixed(newCharacterStep(putWithout(unicode.IsMark))))
	register("Nmt", fixed(newCharacterStep(putNmt)))
}

// characterStep changes each character without regard to its neighbors.
type characterStep struct {
	same [utf8.RuneSelf]bool // ASCII characters that do not change
	// put appends to out the replacement of r, which is in.Bytes[from:to].
	put func(in, out *Text, r rune, from, to int)
}

// newCharacterStep finds the ASCII characters that put does not change.
func newCharacterStep(put func(in, out *Text, r rune, from, to int)) *characterStep {
	s := &characterStep{put: put}
	for b := range s.same {
		in, out := &Text{Bytes: []byte{byte(b)}}, &Text{}
		put(in, out, rune(b), 0, 1)
		s.same[b] = bytes.Equal(in.Bytes, out.Bytes)
	}
	return s
}

func (s *characterStep) Apply(in, out *Text) *Text {
	text := in.Bytes
	done := 0 // bytes of text that out has
	for i := 0; i < len(text); {
		if b := text[i]; b < utf8.RuneSelf && s.same[b] {
			i++
			continue
		}
		out.Copy(in, done, i)
		r, n := utf8.DecodeRune(text[i:])
		s.put(in, out, r, i, i+n)
		i += n
		done = i
	}
	if done == 0 {
		return in
	}
	out.Copy(in, done, len(text))
	return out
}

// newCapitals are the capital letters that Unicode 16 and 17 added: Hugging Face's library
// knows them, package unicode does not. Each row is the first, the last, the step between them,
// and the distance to the small letters.
var newCapitals = [...][4]rune{
	{0x1c89, 0x1c89, 1, 1}, {0xa7cb, 0xa7cb, 1, 0x264 - 0xa7cb}, {0xa7cc, 0xa7ce, 2, 1}, {0xa7d2, 0xa7d4, 2, 1}, {0xa7da, 0xa7da, 1, 1},
	{0xa7dc, 0xa7dc, 1, 0x19b - 0xa7dc}, {0x10d50, 0x10d65, 1, 0x20}, {0x16ea0, 0x16eb8, 1, 0x1b},
}

// Lower returns the lower case of r.
func Lower(r rune) rune {
	l := unicode.ToLower(r)
	if r < newCapitals[0][0] || l != r {
		return l
	}
	for _, c := range newCapitals {
		if c[0] <= r && r <= c[1] && (r-c[0])%c[2] == 0 {
			return r + c[3]
		}
	}
	return r
}

func putLower(in, out *Text, r rune, from, to int) {
	out.put(in, Lower(r), from, to)
	if r == 'İ' { // its dot becomes a combining mark
		out.put(in, '\u0307', from, to)
	}
}

// putWithout drops the characters for which drop returns true.
func putWithout(drop func(r rune) bool) func(in, out *Text, r rune, from, to int) {
	return func(in, out *Text, r rune, from, to int) {
		if !drop(r) {
			out.put(in, r, from, to)
		}
	}
}

// putNmt applies the character rules that SentencePiece calls "nmt".
func putNmt(in, out *Text, r rune, from, to int) {
	switch {
	case 1 <= r && r <= 8, r == 0xb, 0xe <= r && r <= 0x1f, r == 0x7f, r == 0x8f, r == 0x9f:
	case r == '\t', r == '\n', r == '\f', r == '\r', r == 0x1680, 0x200b <= r && r <= 0x200f, r == 0x2028, r == 0x2029,
		r == 0x2581, r == 0xfeff, r == utf8.RuneError:
		out.put(in, ' ', from, to)
	default:
		out.put(in, r, from, to)
	}
}
