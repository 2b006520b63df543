package exchange

import (
	"fmt"
	"slices"

	"golang.org/x/text/unicode/norm"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// Normal returns a word of the file in the form that Options.Tokenizer gives to text or, without
// one, in Unicode normal form C.
func (v *Vectors) Normal(word []byte) string {
	if t := v.Options.Tokenizer; t != nil {
		return t.Normal(string(word))
	}
	return norm.NFC.String(string(word))
}

// forms brings words of a file to the form that the tokenizer gives to text, so that text finds
// them. It returns the names of the words, the empty string for one that is to be dropped. taken
// has all words, and gets the new names.
//
// Two words with the same normal form C are the same text: the one in that form is kept, or
// else the first. Words that the tokenizer takes for one only because it changes more than
// that, such as Paris and paris, all stay: text finds the one that is spelled like text or, if
// there is none, the first; the others keep their spelling.
func (r *ImportReport) forms(words []string, taken map[string]struct{}, t *tokenize.Tokenizer) []string {
	names := slices.Clone(words)
	if t.Subwords() { // its vocabulary is fixed
		return names
	}
	for i, word := range words {
		if norm.NFC.IsNormalString(word) {
			continue
		}
		name := norm.NFC.String(word)
		if _, ok := taken[name]; ok {
			if names[i] = ""; r.Collisions == 0 {
				r.FirstCollision = fmt.Sprintf("%s, which is %+.60q", quoted(word), name)
			}
			r.Collisions++
			continue
		}
		names[i], taken[name] = name, struct{}{}
	}
	for i, name := range names {
		if form := t.Normal(name); form != name && name != "" {
			word, one := t.Word(name)
			if _, ok := taken[form]; one && word == form && !ok {
				names[i], taken[form] = form, struct{}{}
			}
		}
		if names[i] != "" && names[i] != words[i] {
			if r.Renamed == 0 {
				r.FirstRenamed = fmt.Sprintf("%.60q for %s", names[i], quoted(words[i]))
			}
			r.Renamed++
		}
	}
	return names
}

// quoted quotes a word, with escapes if it is not in normal form C and would look the same
// without.
func quoted(word string) string {
	if norm.NFC.IsNormalString(word) {
		return fmt.Sprintf("%.60q", word)
	}
	return fmt.Sprintf("%+.60q", word)
}
