package tokenize

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SampleBytes is how much of a text [Tokenizer.CutAgain] needs.
const SampleBytes = 256 << 10

// CutAgain describes text that is already split into words, which a word tokenizer splits again:
// 中国 人 becomes 中 国 人, and SKU-1-A becomes sku 1 a. WordOptions.Whitespace keeps them.
type CutAgain struct {
	Words   int      `json:"words"`   // between white space, in the sample
	Cut     int      `json:"cut"`     // of them, split into several words
	Example string   `json:"example"` // one of these
	Parts   []string `json:"parts"`   // what it is split into
}

// String says in a line what was found.
func (c *CutAgain) String() string {
	return fmt.Sprintf("the text seems to be split into words already: %d of the first %d are split again, such as %s into %s",
		c.Cut, c.Words, c.Example, strings.Join(c.Parts, " "))
}

const (
	fewestCut = 8 // words
	// In Chinese, Japanese, Thai and so on, which have no spaces between words, what lies between
	// spaces is a word if there are few letters in it, not a sentence or a clause.
	shortHan, shortOther = 3.5, 6
	mostlyCut            = 0.5 // of the words of other scripts
	longestExample       = 40  // bytes
)

// CutAgain returns what t splits again in the sample of a text, nil if the text does not seem to
// be split into words already. In scripts without spaces between words, what lies between white
// space must be short; elsewhere, half of it must be cut, at punctuation inside of it.
func (t *Tokenizer) CutAgain(sample []byte) *CutAgain {
	if t.sub != nil || t.options.Whitespace {
		return nil
	}
	var found CutAgain
	var spaceless [2]struct{ pieces, letters int } // Han and kana; Thai and others
	other, otherCut := 0, 0
	for line := range bytes.Lines(sample) {
		pieces := bytes.Fields(line)
		if len(pieces) < 2 {
			continue
		}
		for _, piece := range pieces {
			if !hasLetterOrDigit(piece) {
				continue
			}
			found.Words++
			kind, letters := spacelessLetters(piece)
			var parts []string
			t.Words(piece, func(w []byte) { parts = append(parts, string(w)) })
			cut := len(parts) > 1
			if kind >= 0 {
				spaceless[kind].pieces++
				spaceless[kind].letters += letters
			} else if other++; cut {
				otherCut++
			}
			if cut {
				if found.Cut++; found.Example == "" && len(piece) <= longestExample && utf8.Valid(piece) {
					found.Example, found.Parts = string(piece), parts
				}
			}
		}
	}
	short := func(kind int, most float64) bool {
		n := spaceless[kind].pieces
		return n >= fewestCut && 5*n > found.Words && float64(spaceless[kind].letters) <= most*float64(n)
	}
	if found.Example == "" || found.Cut < fewestCut/2 ||
		!short(0, shortHan) && !short(1, shortOther) && (other < fewestCut || float64(otherCut) < mostlyCut*float64(other)) {
		return nil
	}
	return &found
}

// spacelessLetters counts the letters of a piece of text of which the first belongs to a script
// without spaces between words: kind 0 is Han and kana, 1 another one, -1 none.
func spacelessLetters(piece []byte) (kind, letters int) {
	kind = -1
	for _, r := range string(piece) {
		switch {
		case !unicode.IsLetter(r):
			continue
		case letters > 0:
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			kind = 0
		case unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			kind = 1
		}
		letters++
	}
	return kind, letters
}

// NoWords returns a hint for a text, of which sample is the start, in which t finds no words.
func (t *Tokenizer) NoWords(sample []byte) string {
	if len(bytes.TrimSpace(sample)) == 0 {
		return "the text is empty"
	}
	longest, shown := 0, 0
	for _, piece := range bytes.Fields(sample) {
		longest = max(longest, len(piece))
		if !hasLetterOrDigit(piece) {
			shown++
		}
	}
	switch {
	case t.sub == nil && longest > MaxWordBytes:
		return fmt.Sprintf("words of more than %d bytes are skipped: put spaces between the words", MaxWordBytes)
	case t.sub == nil && !t.options.Whitespace && shown > 0:
		return "a word has a letter or a digit: to keep emoji and symbols of the text, set Tokenizer to whitespace"
	}
	return "check that the input is text"
}
