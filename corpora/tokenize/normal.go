package tokenize

import (
	"golang.org/x/text/unicode/norm"
)

// Normal returns word in the form that the tokenizer gives to text, without cutting it: a word
// tokenizer lower-cases it (unless WordOptions.Cased) and converts it to Unicode normal form C,
// a subword tokenizer applies its normalizer, such as NFKC. Words of another program need it,
// which may hold é as two characters: text never does.
func (t *Tokenizer) Normal(word string) string {
	if t.sub != nil {
		return string(t.sub.preTokenizer.NewPipeline(false).Normalize([]byte(word), false).Bytes)
	}
	if isLowerASCII(word) || t.options.Cased && norm.NFC.IsNormalString(word) {
		return word
	}
	s := t.scanners.Get().(*Scanner)
	defer t.scanners.Put(s)
	return string(s.finder.normalize(bytesOf(word)))
}

// isLowerASCII reports whether all characters of s are ASCII and none is a capital.
func isLowerASCII(s string) bool {
	for i := range len(s) {
		if byteClass[s[i]] == classHigh || lowerCase[s[i]] != s[i] {
			return false
		}
	}
	return true
}
