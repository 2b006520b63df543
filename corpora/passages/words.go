package passages

import (
	"unicode/utf8"
)

// longWord is the number of characters of a word that counts as one. German compounds and
// identifiers are shorter; what is much longer, such as Base64, is not a word.
const longWord = 32

// Words returns the number of words of a text, without a tokenizer: runs of characters between
// white space, of which one of more than 32 characters counts as several. In scripts without
// spaces, each Chinese character and kana is a word, and of Thai and its neighbors each four
// characters are one.
func Words(text string) (n int) {
	run, dense := 0, 0 // characters of the current word, of scripts without spaces
	end := func() {
		n += (run + longWord - 1) / longWord
		n += (dense + 3) / 4
		run, dense = 0, 0
	}
	for i := 0; i < len(text); {
		b := text[i]
		if b < utf8.RuneSelf {
			i++
			if b <= ' ' && (b == ' ' || b >= '\t' && b <= '\r' || b == 0) {
				if run+dense > 0 {
					end()
				}
				continue
			}
			run++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		switch {
		case IsSpace(r):
			end()
		case !unspaced(r):
			run++
		case r < 0x2000: // Thai, Lao, Khmer, Myanmar
			dense++
		default:
			n++
		}
	}
	end()
	return n
}
