package normalizers

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func init() {
	register("NFC", fixed(formC))
	register("NFD", fixed(formD))
	register("NFKC", fixed(formKC))
	register("NFKD", fixed(formKD))
}

// formStep converts text to a Unicode normal form: NFC, NFD, NFKC or NFKD.
type formStep struct {
	form, parts norm.Form // parts: the form that only decomposes
	composes    bool
}

var (
	formC  = formStep{norm.NFC, norm.NFD, true}
	formD  = formStep{norm.NFD, norm.NFD, false}
	formKC = formStep{norm.NFKC, norm.NFKD, true}
	formKD = formStep{norm.NFKD, norm.NFKD, false}
)

// longRun is the number of marks after a letter above which package norm is not
// used: it inserts U+034F into runs of more than 30, and a character may decompose into 3.
const longRun = 9

func (s formStep) Apply(in, out *Text) *Text {
	text := in.Bytes
	if s.form.QuickSpan(text) == len(text) {
		return in
	}
	for i := 0; i < len(text); {
		from := i + s.form.QuickSpan(text[i:]) // normal up to here, except for characters that may compose
		for from > i && from < len(text) && !s.form.Properties(text[from:]).BoundaryBefore() {
			_, n := utf8.DecodeLastRune(text[:from])
			from -= n
		}
		out.Copy(in, i, from)
		to, marks := s.segment(text, from)
		switch part := text[from:to]; {
		case marks > longRun:
			out.Bytes = s.long(out.Bytes, part)
			out.Trace(in, from, to)
		case s.form.IsNormal(part):
			out.Copy(in, from, to)
		default:
			out.Bytes = s.form.Append(out.Bytes, part...)
			out.Trace(in, from, to)
		}
		i = to
	}
	return out
}

// segment returns the end of the characters that may compose with the one at text[from], and
// an upper bound on the number of marks among them.
func (s formStep) segment(text []byte, from int) (to, marks int) {
	for to = from; to < len(text); {
		p := s.form.Properties(text[to:])
		if to > from && p.BoundaryBefore() {
			break
		}
		if p.CCC() != 0 || p.TrailCCC() != 0 {
			marks++
		}
		to += max(p.Size(), 1)
	}
	return to, marks
}

// long normalizes text with any number of marks after a letter, by the definitions of
// the Unicode Standard, section 3.11: decompose, sort by combining class, compose.
func (s formStep) long(dst, text []byte) []byte {
	type char struct {
		r     rune
		class uint8
	}
	var chars []char
	var buf []byte
	for _, r := range string(text) {
		buf = s.parts.AppendString(buf[:0], string(r))
		for _, part := range string(buf) {
			chars = append(chars, char{part, s.parts.PropertiesString(string(part)).CCC()})
		}
	}
	for i := 0; i < len(chars); {
		if chars[i].class == 0 {
			i++
			continue
		}
		end := i
		for end < len(chars) && chars[end].class != 0 {
			end++
		}
		slices.SortStableFunc(chars[i:end], func(a, b char) int { return int(a.class) - int(b.class) })
		i = end
	}
	if s.composes {
		kept := chars[:0]
		starter := -1 // in kept
		for _, c := range chars {
			if starter >= 0 {
				// Blocked if a starter, or a mark of the same or a higher class, lies
				// between.
				free := len(kept)-1 == starter || kept[len(kept)-1].class != 0 && kept[len(kept)-1].class < c.class
				if free {
					both := norm.NFC.String(string(kept[starter].r) + string(c.r))
					if r, n := utf8.DecodeRuneInString(both); n == len(both) {
						kept[starter].r = r
						continue
					}
				}
			}
			kept = append(kept, c)
			if c.class == 0 {
				starter = len(kept) - 1
			}
		}
		chars = kept
	}
	for _, c := range chars {
		dst = utf8.AppendRune(dst, c.r)
	}
	return dst
}
