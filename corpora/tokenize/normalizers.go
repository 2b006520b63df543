package tokenize

import (
	"bytes"
	"regexp"
	"unicode"
	"unicode/utf8"
)

// The normalizers of Hugging Face's tokenizers library; the Unicode forms are in
// normalform.go, Precompiled is in charsmap.go.

// repairStep makes U+FFFD of each byte that is not UTF-8.
type repairStep struct{}

func (repairStep) apply(in, out *traced) *traced {
	out.reset()
	for i := 0; i < len(in.text); {
		r, n := utf8.DecodeRune(in.text[i:])
		out.put(in, r, i, i+n)
		i += n
	}
	return out
}

// runeStep changes characters one by one.
type runeStep struct {
	same [utf8.RuneSelf]bool // characters of ASCII that it leaves as they are
	// put appends to out what becomes of r, which is in.text[from:to].
	put func(in, out *traced, r rune, from, to int)
}

// newRuneStep finds out what put leaves as it is.
func newRuneStep(put func(in, out *traced, r rune, from, to int)) *runeStep {
	s := &runeStep{put: put}
	for b := range s.same {
		in, out := &traced{text: []byte{byte(b)}}, &traced{}
		put(in, out, rune(b), 0, 1)
		s.same[b] = bytes.Equal(in.text, out.text)
	}
	return s
}

func (s *runeStep) apply(in, out *traced) *traced {
	text := in.text
	done := 0 // until where out has it
	for i := 0; i < len(text); {
		if b := text[i]; b < utf8.RuneSelf && s.same[b] {
			i++
			continue
		}
		out.copy(in, done, i)
		r, n := utf8.DecodeRune(text[i:])
		s.put(in, out, r, i, i+n)
		i += n
		done = i
	}
	if done == 0 {
		return in
	}
	out.copy(in, done, len(text))
	return out
}

func putLower(in, out *traced, r rune, from, to int) {
	out.put(in, unicode.ToLower(r), from, to)
	if r == 'İ' { // its dot is a mark of its own once it is small
		out.put(in, '\u0307', from, to)
	}
}

// putWithout appends characters but those that gone is true of.
func putWithout(gone func(r rune) bool) func(in, out *traced, r rune, from, to int) {
	return func(in, out *traced, r rune, from, to int) {
		if !gone(r) {
			out.put(in, r, from, to)
		}
	}
}

// putNmt is what the rules "nmt" of SentencePiece do before their Unicode form.
func putNmt(in, out *traced, r rune, from, to int) {
	switch {
	case 1 <= r && r <= 8, r == 0xb, 0xe <= r && r <= 0x1f, r == 0x7f, r == 0x8f, r == 0x9f:
	case r == '\t', r == '\n', r == '\f', r == '\r', r == 0x1680, 0x200b <= r && r <= 0x200f, r == 0x2028, r == 0x2029,
		r == 0x2581, r == 0xfeff, r == utf8.RuneError:
		out.put(in, ' ', from, to)
	default:
		out.put(in, r, from, to)
	}
}

// bertSteps are BertNormalizer, for where bertWords does not fit.
func bertSteps(o bertOptions) (steps []normalStep) {
	classes := bertClasses()
	if o.clean {
		steps = append(steps, newRuneStep(func(in, out *traced, r rune, from, to int) {
			switch class := classes[r]; {
			case class&bertGone != 0:
			case class&bertSpace != 0:
				out.put(in, ' ', from, to)
			default:
				out.put(in, r, from, to)
			}
		}))
	}
	if o.chinese {
		steps = append(steps, newRuneStep(func(in, out *traced, r rune, from, to int) {
			if classes[r]&bertIdeograph == 0 {
				out.put(in, r, from, to)
				return
			}
			out.before(in, " ", from)
			out.put(in, r, from, to)
			out.put(in, ' ', from, to)
		}))
	}
	if o.strip {
		steps = append(steps, formD, newRuneStep(putWithout(func(r rune) bool { return classes[r]&bertMark != 0 })))
	}
	if o.lower {
		steps = append(steps, newRuneStep(putLower))
	}
	return steps
}

// stripStep takes white space away at the ends.
type stripStep struct{ left, right bool }

func (s stripStep) apply(in, out *traced) *traced {
	from, to := 0, len(in.text)
	if s.left {
		from = to - len(bytes.TrimLeftFunc(in.text, unicode.IsSpace))
	}
	if s.right {
		to = from + len(bytes.TrimRightFunc(in.text[from:], unicode.IsSpace))
	}
	if from == 0 && to == len(in.text) {
		return in
	}
	out.copy(in, from, to)
	return out
}

// prependStep puts a text before one that is not empty.
type prependStep string

func (s prependStep) apply(in, out *traced) *traced {
	if len(in.text) == 0 {
		return in
	}
	out.before(in, string(s), 0)
	out.copy(in, 0, len(in.text))
	return out
}

// replaceStep puts content where pattern, or else literal, matches.
type replaceStep struct {
	literal string
	pattern *regexp.Regexp
	content string
}

func (s replaceStep) apply(in, out *traced) *traced {
	text := in.text
	if s.pattern != nil {
		if prefix, _ := s.pattern.LiteralPrefix(); !bytes.Contains(text, []byte(prefix)) {
			return in
		}
		done := 0
		for _, m := range s.pattern.FindAllIndex(text, -1) {
			s.put(in, out, done, m[0], m[1])
			done = m[1]
		}
		if done == 0 {
			return in
		}
		out.copy(in, done, len(text))
		return out
	}
	done := 0
	for i := 0; i+len(s.literal) <= len(text); {
		if text[i] != s.literal[0] || string(text[i:i+len(s.literal)]) != s.literal {
			i++
			continue
		}
		s.put(in, out, done, i, i+len(s.literal))
		i += len(s.literal)
		done = i
	}
	if done == 0 {
		return in
	}
	out.copy(in, done, len(text))
	return out
}

// put copies in.text[done:from] and puts content for in.text[from:to].
func (s replaceStep) put(in, out *traced, done, from, to int) {
	out.copy(in, done, from)
	out.text = append(out.text, s.content...)
	out.trace(in, from, to)
}

// byteStep maps each byte to a character, as ByteLevel does.
type byteStep struct{}

func (byteStep) apply(in, out *traced) *traced {
	mapBytes(in, out, 0, len(in.text))
	return out
}
