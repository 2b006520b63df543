package pretokenizers

import (
	"unicode"
	"unicode/utf8"
)

// IsWord reports whether \w matches r: letters and other alphabetic characters, marks,
// digits, connectors such as the underscore, and joiners.
func IsWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.Is(unicode.Nd, r) || unicode.Is(unicode.Pc, r) ||
		unicode.Is(unicode.Nl, r) || unicode.Is(unicode.Other_Alphabetic, r) || unicode.Is(unicode.Join_Control, r)
}

// wordRuns appends the matches of \w+|[^\w\s]+, the pattern of Whitespace.
func wordRuns(dst []span, text []byte) []span {
	from, kind := 0, 0 // of the run before i; kind 0: white space
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		k := 2
		switch {
		case r < utf8.RuneSelf && (r|0x20 >= 'a' && r|0x20 <= 'z'), IsWord(r):
			k = 1
		case unicode.IsSpace(r):
			k = 0
		}
		if k != kind {
			if kind != 0 {
				dst = append(dst, span{from, i})
			}
			from, kind = i, k
		}
		i += n
	}
	if kind != 0 {
		dst = append(dst, span{from, len(text)})
	}
	return dst
}
