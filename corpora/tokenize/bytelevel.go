package tokenize

import (
	"unicode"
	"unicode/utf8"
)

// byteLevelStep is ByteLevel of Hugging Face's library: the words of GPT-2, each of
// their bytes mapped to a character, so that a model of characters knows them all.
type byteLevelStep struct {
	prefix bool // a space is put before a text that begins without one
	words  bool // whether it cuts
}

func (s *byteLevelStep) cut(st *stage, t *traced, from, to int) {
	if s.prefix && t.text[from] != ' ' {
		out := &st.spare
		out.reset()
		out.before(t, " ", from)
		out.copy(t, from, to)
		t, from, to = out, 0, len(out.text)
	}
	st.spans = append(st.spans[:0], span{0, to - from})
	if s.words {
		st.spans = gpt2Words(st.spans[:0], t.text[from:to])
	}
	for _, word := range st.spans {
		st.out.reset()
		mapBytes(t, &st.out, from+word.from, from+word.to)
		st.next(&st.out, 0, len(st.out.text))
	}
}

// ByteLetters has the character of each byte, by GPT-2: those that can be printed
// in Latin-1 stand for themselves, the others are U+0100 and up in their order.
var ByteLetters = func() (letters [256]rune) {
	next := rune(256)
	for b := range rune(256) {
		if '!' <= b && b <= '~' || 0xa1 <= b && b <= 0xac || 0xae <= b {
			letters[b] = b
		} else {
			letters[b] = next
			next++
		}
	}
	return letters
}()

// mapBytes appends the characters of the bytes in.text[from:to].
func mapBytes(in, out *traced, from, to int) {
	if len(in.from) > 0 {
		for i := from; i < to; i++ {
			out.put(in, ByteLetters[in.text[i]], i, i+1)
		}
		return
	}
	text := in.text[from:to]
	for i := 0; i < len(text); {
		if r := ByteLetters[text[i]]; r >= utf8.RuneSelf {
			out.text = append(out.text, 0xc0|byte(r>>6), 0x80|byte(r&0x3f)) // below U+0800
			i++
			continue
		}
		end := i + 1
		for end < len(text) && ByteLetters[text[end]] < utf8.RuneSelf {
			end++
		}
		out.text = append(out.text, text[i:end]...)
		i = end
	}
}

// The words of GPT-2 and of its followers are what a regular expression of
// Oniguruma matches that Go's package has no equal for: \s+(?!\S).
const (
	gpt2Pattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	// Llama 3 and Qwen 2, which differ in how many digits are a word at most.
	llama3Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Pattern  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// Kinds of characters to these patterns.
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

// kindAt returns the kind of the character at text[i] and where the next begins; at
// the end of the text it is a space.
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

// kindRun returns where the characters of a kind end that begin at text[i].
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

// gpt2Words appends the parts that gpt2Pattern matches, which are all of text.
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

// llama3Words does so for llama3Pattern, and for qwen2Pattern with 1 digit.
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

// spacesEnd returns the end of \s+(?!\S)|\s+ from text[i], which is a space: of all
// white space but the last character before another one.
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

// contraction returns the length of the 's, 't, 're, 've, 'm, 'll or 'd that text
// begins with, 0 when it does not; fold: in any case.
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
