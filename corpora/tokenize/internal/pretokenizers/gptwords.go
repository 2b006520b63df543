package pretokenizers

import (
	"unicode"
	"unicode/utf8"
)

// The words of GPT-2 and its successors are the matches of these patterns of Oniguruma. Go
// has no equivalent of \s+(?!\S), and hand-written scanners are much faster.
const (
	gpt2Pattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	// Llama 3 and Qwen 2 differ only in the maximum number of digits of a word.
	llama3Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Pattern  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// Kinds of characters in these patterns.
const (
	gptOther = iota
	gptLetter
	gptNumber
	gptSpace
)

var gptASCII = func() (kinds [utf8.RuneSelf]uint8) {
	for r := range kinds {
		kinds[r] = gptKind(rune(r))
	}
	return kinds
}()

func gptKind(r rune) uint8 {
	switch {
	case unicode.IsLetter(r):
		return gptLetter
	case unicode.IsNumber(r):
		return gptNumber
	case unicode.IsSpace(r):
		return gptSpace
	}
	return gptOther
}

// kindAt returns the kind of the character at text[i] and the start of the next one.
// The end of the text counts as a space.
func kindAt(text []byte, i int) (kind uint8, next int) {
	if i == len(text) {
		return gptSpace, i
	}
	if b := text[i]; b < utf8.RuneSelf {
		return gptASCII[b], i + 1
	}
	r, n := utf8.DecodeRune(text[i:])
	return gptKind(r), i + n
}

// kindRun returns the end of the run of characters of a kind that starts at text[i].
func kindRun(text []byte, i int, kind uint8) int {
	for {
		for i < len(text) && text[i] < utf8.RuneSelf && gptASCII[text[i]] == kind {
			i++
		}
		if i == len(text) || text[i] < utf8.RuneSelf {
			return i
		}
		k, next := kindAt(text, i)
		if k != kind {
			return i
		}
		i = next
	}
}

// gpt2Words appends the matches of gpt2Pattern, which cover all of text.
func gpt2Words(dst []span, text []byte) []span {
	for i := 0; i < len(text); {
		end := i + contraction(text[i:], false)
		if end == i {
			from := i
			if text[i] == ' ' {
				from++
			}
			if kind, next := kindAt(text, from); kind != gptSpace {
				end = kindRun(text, next, kind)
			} else {
				end = spacesEnd(text, i)
			}
		}
		dst = append(dst, span{i, end})
		i = end
	}
	return dst
}

// llama3Words does the same for llama3Pattern (3 digits) and qwen2Pattern (1 digit).
func llama3Words(digits int) func(dst []span, text []byte) []span {
	return func(dst []span, text []byte) []span {
		for i := 0; i < len(text); {
			end := i + contraction(text[i:], true)
			if end == i {
				end = llama3Word(text, i, digits)
			}
			dst = append(dst, span{i, end})
			i = end
		}
		return dst
	}
}

func llama3Word(text []byte, i, digits int) (end int) {
	kind, next := kindAt(text, i)
	if kind == gptLetter {
		return kindRun(text, next, gptLetter)
	}
	if kind == gptNumber {
		for n := 1; n < digits; n++ {
			k, after := kindAt(text, next)
			if k != gptNumber {
				break
			}
			next = after
		}
		return next
	}
	if b := text[i]; b != '\r' && b != '\n' {
		if k, after := kindAt(text, next); k == gptLetter {
			return kindRun(text, after, gptLetter)
		}
	}
	signs := i
	if text[i] == ' ' {
		signs++
	}
	if k, after := kindAt(text, signs); k == gptOther {
		end = kindRun(text, after, gptOther)
		for end < len(text) && (text[end] == '\r' || text[end] == '\n') {
			end++
		}
		return end
	}
	spaces := kindRun(text, i, gptSpace)
	for end = spaces; end > i; end-- {
		if text[end-1] == '\r' || text[end-1] == '\n' {
			return end
		}
	}
	return spacesEnd(text, i)
}

// spacesEnd returns the end of the match of \s+(?!\S)|\s+ at text[i], which is a space: all
// white space, without its last character if another character follows.
func spacesEnd(text []byte, i int) int {
	end := kindRun(text, i, gptSpace)
	if end == len(text) {
		return end
	}
	_, n := utf8.DecodeLastRune(text[:end])
	if end-n > i {
		return end - n
	}
	return end
}

// contraction returns the length of the 's, 't, 're, 've, 'm, 'll or 'd at the start of
// text, 0 if there is none. With fold, letter case is ignored.
func contraction(text []byte, fold bool) int {
	if len(text) < 2 || text[0] != '\'' {
		return 0
	}
	lower := func(i int) byte {
		if i >= len(text) {
			return 0
		}
		if b := text[i]; fold && 'A' <= b && b <= 'Z' {
			return b + 'a' - 'A'
		}
		return text[i]
	}
	switch a, b := lower(1), lower(2); {
	case a == 's', a == 't', a == 'm', a == 'd':
		return 2
	case a == 'r' && b == 'e', a == 'v' && b == 'e', a == 'l' && b == 'l':
		return 3
	case fold && a == 0xc5 && b == 0xbf: // ſ, whose capital is S
		return 3
	}
	return 0
}
