package tokenize

import (
	"unicode"
	"unicode/utf8"
)

// The pre_tokenizers of Hugging Face's tokenizers library, but for the patterns
// of Split and ByteLevel, which are in gptwords.go and patterns.go.

// behavior is what is done with the parts that a pattern matches.
type behavior uint8

const (
	removed            behavior = iota
	isolated                    // each is a part of its own
	mergedWithPrevious          // it ends the part before it
	mergedWithNext              // it begins the part behind it
	contiguous                  // those without anything between are one part
)

var behaviors = map[string]behavior{"Removed": removed, "Isolated": isolated, "MergedWithPrevious": mergedWithPrevious,
	"MergedWithNext": mergedWithNext, "Contiguous": contiguous}

// splitStep cuts at what find appends to dst: parts of text in their order, none of
// them empty. Inverted, they change places with what lies between them.
type splitStep struct {
	find     func(dst []span, text []byte) []span
	behavior behavior
	invert   bool
}

func (s *splitStep) cut(st *stage, t *traced, from, to int) {
	st.spans = s.find(st.spans[:0], t.text[from:to])
	held := span{from, from} // what is to be handed on, when it is not empty
	was := false             // whether it, or what it ends with, is a match
	flush := func() {
		if held.from < held.to {
			st.next(t, held.from, held.to)
		}
	}
	part := func(p span, match bool) {
		if p.from == p.to {
			return
		}
		match = match != s.invert
		if match && s.behavior == removed {
			flush()
			held = span{p.to, p.to}
			return
		}
		joins := false
		switch s.behavior {
		case mergedWithPrevious:
			joins = match && !was
		case mergedWithNext:
			joins = !match && was
		case contiguous:
			joins = match == was
		}
		was = match
		if joins && held.from < held.to {
			held.to = p.to
			return
		}
		flush()
		held = p
	}
	at := from
	for _, m := range st.spans {
		part(span{at, from + m.from}, false)
		part(span{from + m.from, from + m.to}, true)
		at = from + m.to
	}
	part(span{at, to}, false)
	flush()
}

// characters returns a find for the characters that is is true of.
func characters(is func(r rune) bool) func(dst []span, text []byte) []span {
	var ascii [utf8.RuneSelf]bool
	for b := range ascii {
		ascii[b] = is(rune(b))
	}
	return func(dst []span, text []byte) []span {
		for i := 0; i < len(text); {
			if b := text[i]; b < utf8.RuneSelf {
				if ascii[b] {
					dst = append(dst, span{i, i + 1})
				}
				i++
				continue
			}
			r, n := utf8.DecodeRune(text[i:])
			if is(r) {
				dst = append(dst, span{i, i + n})
			}
			i += n
		}
		return dst
	}
}

func isBertPunct(r rune) bool { return bertClasses()[r]&bertPunct != 0 }

// isWord is \w: letters and what goes with them, marks, digits, and what joins words.
func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.Is(unicode.Nd, r) || unicode.Is(unicode.Pc, r) ||
		unicode.Is(unicode.Nl, r) || unicode.Is(unicode.Other_Alphabetic, r) || unicode.Is(unicode.Join_Control, r)
}

// wordRuns is the pattern \w+|[^\w\s]+ of Whitespace.
func wordRuns(dst []span, text []byte) []span {
	from, kind := 0, 0 // of the run that ends at i; kind 0: white space
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		k := 2
		switch {
		case r < utf8.RuneSelf && (r|0x20 >= 'a' && r|0x20 <= 'z'), isWord(r):
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

// metaspaceStep is Metaspace: spaces become replacement, and a word begins at each.
type metaspaceStep struct {
	replacement   string
	always, first bool // whether one is put before each text, or before the first
	split         bool
}

func (m *metaspaceStep) cut(st *stage, t *traced, from, to int) {
	out := &st.out
	out.reset()
	text := t.text[from:to]
	starts := text[0] == ' ' || len(text) >= len(m.replacement) && string(text[:len(m.replacement)]) == m.replacement
	begins := from == 0 && !st.pipe.inner && (len(t.from) == 0 || !st.pipe.splitting.traced || t.from[0] == 0)
	if !starts && (m.always || m.first && begins) {
		out.before(t, m.replacement, from)
	}
	word := 0 // where it begins in out
	for i := 0; i < len(text); {
		marks := text[i] == ' '
		n := 1
		if !marks && text[i] == m.replacement[0] && len(text)-i >= len(m.replacement) && string(text[i:i+len(m.replacement)]) == m.replacement {
			marks, n = true, len(m.replacement)
		}
		if marks {
			if m.split && len(out.text) > word {
				st.next(out, word, len(out.text))
				word = len(out.text)
			}
			out.text = append(out.text, m.replacement...)
			out.trace(t, from+i, from+i+n)
			i += n
			continue
		}
		end := i + 1
		for end < len(text) && text[end] != ' ' && text[end] != m.replacement[0] {
			end++
		}
		out.copy(t, from+i, from+end)
		i = end
	}
	st.next(out, word, len(out.text))
}
