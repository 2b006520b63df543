package passages

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// abbreviations are words that a full stop does not end a sentence after.
var abbreviations = set("mr mrs ms mx dr prof st sr jr rev hon gen col sgt capt lt cmdr maj gov sen rep pres supt " +
	"messrs mme mlle mgr sra dra srta ing dipl " + // French, Spanish, German titles
	"vs cf al viz inc ltd co corp bros dept univ assn " +
	"bzw ggf evtl zzgl inkl exkl sog vgl usf")

// numbered are words that a full stop does not end a sentence after if a number follows.
var numbered = set("no nos nr fig figs eq eqs vol vols pp p ch chap sec sect art para app tab ex ver " +
	"jan feb mar apr jun jul aug sep sept oct nov dec approx ca abs bd kap")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range bytes.Fields([]byte(words)) {
		m[string(w)] = true
	}
	return m
}

// sentenceEnd returns where the sentence that begins at start ends: after the white space that
// follows it. The package comment says what ends a sentence.
func sentenceEnd(document []byte, start int) int {
	at := start
	for at < len(document) { // white space before it belongs to it
		r, n := utf8.DecodeRune(document[at:])
		if !IsSpace(r) {
			break
		}
		at += n
	}
	begin := at
	heading := bytes.HasPrefix(document[at:], []byte("#"))
	for at < len(document) {
		if b := document[at] | 0x20; b >= 'a' && b <= 'z' {
			at++
			continue
		}
		r, n := utf8.DecodeRune(document[at:])
		switch {
		case IsSpace(r):
			end, ends := space(document, at, heading)
			if ends {
				return end
			}
			at = end
		case r == '.' || r == '!' || r == '?' || r == '…' || r == '．' || r > utf8.RuneSelf && unicode.Is(unicode.Sentence_Terminal, r):
			end, ends := terminated(document, begin, at)
			if ends {
				return end
			}
			at = end
		default:
			at += n
		}
	}
	return len(document)
}

// space returns where white space ends, and whether a sentence ends in it: at a blank line, after
// a heading, or before a line that starts a heading, a list item, a quotation or a table row.
func space(document []byte, at int, heading bool) (end int, ends bool) {
	breaks, before := 0, rune(0)
	for at < len(document) {
		r, n := utf8.DecodeRune(document[at:])
		if !IsSpace(r) {
			break
		}
		if r == '\r' || r == '\n' && before != '\r' {
			breaks++
		}
		if r == '\u2029' { // a paragraph separator
			breaks = 2
		}
		before = r
		at += n
	}
	return at, breaks > 1 || breaks == 1 && (heading || startsBlock(document[at:]))
}

// startsBlock reports whether a line starts a block of Markdown.
func startsBlock(line []byte) bool {
	if len(line) == 0 {
		return false
	}
	switch line[0] {
	case '#', '>', '|':
		return true
	case '-', '*', '+':
		return len(line) > 1 && (line[1] == ' ' || line[1] == '\t') || bytes.HasPrefix(line, []byte("---"))
	case '`', '~':
		return bytes.HasPrefix(line, []byte("```")) || bytes.HasPrefix(line, []byte("~~~"))
	}
	digits := 0
	for digits < len(line) && digits < 4 && line[digits] >= '0' && line[digits] <= '9' {
		digits++
	}
	return digits > 0 && len(line) > digits+1 && (line[digits] == '.' || line[digits] == ')') && line[digits+1] == ' '
}

// terminated returns where to go on after the mark at document[at], and whether the sentence that
// began at begin ends there.
func terminated(document []byte, begin, at int) (end int, ends bool) {
	mark, n := utf8.DecodeRune(document[at:])
	end = at + n
	strong := mark > utf8.RuneSelf && mark != '…' && mark != '．'
	single := mark == '.'
	for end < len(document) { // further marks, and what closes
		r, n := utf8.DecodeRune(document[end:])
		switch {
		case r == '.' || r == '!' || r == '?' || r == '…' || r == '．':
			single = false
		case r > utf8.RuneSelf && unicode.Is(unicode.Sentence_Terminal, r):
			strong = true
		case IsSpace(r) && guillemet(document[end+n:]):
			n += len("»")
		case !closes(r, document[end+n:]):
			n = 0
		}
		if n == 0 {
			break
		}
		end += n
	}
	next := end
	for next < len(document) {
		r, n := utf8.DecodeRune(document[next:])
		if !IsSpace(r) {
			break
		}
		next += n
	}
	if next == len(document) {
		return next, true
	}
	if strong {
		return next, true
	}
	if next == end { // example.org, 3.14
		return end, false
	}
	if end, ends := space(document, end, false); ends {
		return end, true
	}
	following, _ := utf8.DecodeRune(document[next:])
	if unicode.IsLower(following) || single && abbreviated(document[begin:at], following) {
		return next, false
	}
	return next, true
}

// closes reports whether a rune closes a quotation, a bracket or the emphasis of Markdown; rest
// follows it.
func closes(r rune, rest []byte) bool {
	switch r {
	case '"', '\'', '*', '_', '`', '“', '‘', '«', '‹': // the last four close in German
		next, _ := utf8.DecodeRune(rest)
		return len(rest) == 0 || IsSpace(next) || r < utf8.RuneSelf && closes(next, nil)
	}
	return unicode.In(r, unicode.Pe, unicode.Pf)
}

// guillemet reports whether text begins with a » that closes, which French writes after a space.
func guillemet(text []byte) bool {
	rest, ok := bytes.CutPrefix(text, []byte("»"))
	next, _ := utf8.DecodeRune(rest)
	return ok && (len(rest) == 0 || IsSpace(next) || unicode.IsPunct(next))
}

// abbreviated reports whether the full stop after a sentence's text so far is that of an
// abbreviation, an initial or the number of a list item; following comes after it.
func abbreviated(text []byte, following rune) bool {
	from := len(text)
	dots, letters, digits := 0, 0, 0
	var last rune
	for from > 0 {
		r, n := utf8.DecodeLastRune(text[:from])
		switch {
		case unicode.IsLetter(r) || unicode.Is(unicode.M, r):
			letters++
			last = r
		case unicode.IsDigit(r):
			digits++
		case r == '.':
			dots++
		default:
			n = 0
		}
		if n == 0 || len(text)-from > 24 { // no abbreviation is that long
			break
		}
		from -= n
	}
	switch {
	case digits > 0 && letters == 0:
		return from == 0 && dots == 0 // 1. the first item
	case letters == 1 && dots == 0:
		return unicode.IsUpper(last) // J. S. Bach
	case dots > 0:
		return digits == 0 // e.g. and U.S.
	}
	word := bytes.ToLower(text[from:])
	return abbreviations[string(word)] || numbered[string(word)] && unicode.IsDigit(following)
}
