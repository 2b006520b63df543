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

func putLower(in, out *Text, r rune, from, to int) {
	out.put(in, unicode.ToLower(r), from, to)
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
