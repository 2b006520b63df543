package tokenize

import (
	"unicode"
	"unicode/utf8"
)

// spaced is find with WordOptions.Whitespace: a word is everything between white space
// (Unicode's property White_Space), punctuation included, normalized like other
// words. In tokenizer.json the pre_tokenizer comes after the normalizer, whereas here it comes
// before. The result is the same because neither Lowercase nor NFC creates or removes white
// space.
func (s *wordFinder) spaced(text []byte, emit func(word []byte, start, end int)) {
	lower, class := &lowerCase, s.class
	if s.Cased {
		lower = &sameCase
	}
	for i := 0; i < len(text); {
		if b := text[i]; b == ' ' {
			i++
			continue
		} else if class[b]&(classSpace|classHigh) != 0 {
			if n := spaceAt(text[i:]); n > 0 {
				i += n
				continue
			}
		}
		start, ascii := i, true
		part := text[i:min(len(text), i+MaxWordBytes)]
		word := s.word[:len(part)]
		n := len(part)
		for k, b := range part {
			if class[b]&(classSpace|classHigh) != 0 {
				n = k
				break
			}
			word[k] = lower[b]
		}
		// Almost always the word ends here.
		for i += n; i < len(text) && spaceAt(text[i:]) == 0; i++ {
			ascii = ascii && class[text[i]] != classHigh
		}
		switch {
		case i == start+n:
			emit(word[:n], start, i)
		case !ascii:
			if w := s.normalize(text[start:i]); len(w) <= MaxWordBytes {
				emit(w, start, i)
			} else {
				s.skipped++
			}
		default:
			s.skipped++
		}
	}
}

// spaceAt returns the length of the white space character at the start of text, 0 if it
// is another character. NUL is white space, as in package text.
func spaceAt(text []byte) int {
	switch b := text[0]; {
	case b < utf8.RuneSelf:
		if byteClass[b] == classSpace {
			return 1
		}
	case b == 0xc2 || b >= 0xe1 && b <= 0xe3: // where U+0085, U+00A0, U+1680, U+2000 to U+205F and U+3000 begin
		if r, n := utf8.DecodeRune(text); unicode.IsSpace(r) {
			return n
		}
	}
	return 0
}
