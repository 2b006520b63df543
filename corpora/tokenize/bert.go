package tokenize

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// BertOptions are those of BertNormalizer in tokenizer.json.
type bertOptions struct {
	clean   bool // clean_text: control characters go, white space is a space
	chinese bool // handle_chinese_chars: an ideograph is a word
	strip   bool // strip_accents: normal form D without its marks
	lower   bool // lowercase
}

// Classes of characters; see berttables.go.
const (
	bertPunct = 1 << iota
	bertMark
	bertGone
	bertIdeograph
	bertSpace
)

// bertClasses returns the classes of all code points.
var bertClasses = sync.OnceValue(func() *[unicode.MaxRune + 1]uint8 {
	classes := new([unicode.MaxRune + 1]uint8)
	for _, c := range []struct {
		ranges string
		class  uint8
	}{{bertPunctuation, bertPunct}, {bertMarks, bertMark}, {bertRemoved, bertGone}, {bertChinese, bertIdeograph}} {
		for _, part := range strings.Fields(c.ranges) {
			first, last, more := strings.Cut(part, "-")
			if !more {
				last = first
			}
			lo, _ := strconv.ParseUint(first, 16, 32)
			hi, _ := strconv.ParseUint(last, 16, 32)
			for r := lo; r <= hi; r++ {
				classes[r] |= c.class
			}
		}
	}
	for r := range classes {
		if unicode.Is(unicode.White_Space, rune(r)) {
			classes[r] |= bertSpace
		}
	}
	return classes
})

// bertWords cuts text into words as BertNormalizer and BertPreTokenizer do: at
// white space, with each punctuation sign a word. It owns buffers: one goroutine
// each.
type bertWords struct {
	bertOptions
	classes *[unicode.MaxRune + 1]uint8
	ascii   [256]uint8 // classes of bytes, and asciiSlow
	fold    [256]byte
	word    []byte
	from    []int // of each byte of word, where in the text it came from
	until   []int // and where that ends
	clean1  traced
	clean2  traced
}

// place returns where a part of the word that was emitted last stands, counted from
// where the word does. A character that became several has one place for all.
func (w *bertWords) place(start, end int) (first, past int) {
	if len(w.from) == 0 { // a word of ASCII
		return start, end
	}
	return w.from[start] - w.from[0], w.until[end-1] - w.from[0]
}

// asciiSlow marks bytes that leave the fast path.
const asciiSlow = 1 << 7

func newBertWords(o bertOptions) *bertWords {
	w := &bertWords{bertOptions: o, classes: bertClasses()}
	for b := range w.ascii {
		w.ascii[b], w.fold[b] = asciiSlow, byte(b)
		if b < utf8.RuneSelf && w.classes[b]&bertGone == 0 {
			w.ascii[b] = w.classes[b] &^ bertMark
		}
		if o.lower && 'A' <= b && b <= 'Z' {
			w.fold[b] += 'a' - 'A'
		}
	}
	return w
}

// each calls emit with each word of text and the bytes of text it stands for. The
// word is valid until emit returns.
//
// Words of ASCII are cut here; what lies between a character that is not, and the
// next white space of ASCII goes to piece. Nothing that is done to a character
// depends on one behind white space.
func (w *bertWords) Each(text []byte, emit func(word []byte, start, end int)) {
	for i := 0; i < len(text); {
		start, n := i, 0
		buf := w.word[:cap(w.word)]
		class := uint8(0)
		for i < len(text) {
			b := text[i]
			if class = w.ascii[b]; class != 0 {
				break
			}
			if n == len(buf) {
				buf = slices.Grow(buf, 64)
				buf = buf[:cap(buf)]
			}
			buf[n] = w.fold[b]
			n++
			i++
		}
		w.word = buf[:n]
		if class == asciiSlow {
			end := i
			for end < len(text) && text[end] != ' ' && text[end] != '\n' {
				end++
			}
			w.piece(text[start:end], start, emit)
			i = end
			continue
		}
		w.from = w.from[:0]
		if i > start {
			emit(w.word, start, i)
		}
		if class&bertPunct != 0 {
			w.word = append(w.word[:0], text[i])
			emit(w.word, i, i+1)
		}
		i++
	}
}

// piece is each of text at byte base, by the whole of Unicode.
func (w *bertWords) piece(text []byte, base int, emit func(word []byte, start, end int)) {
	in := &w.clean1
	in.reset()
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		from, until := base+i, base+i+n
		i += n
		class := w.classes[r]
		switch {
		case w.bertOptions.clean && class&bertGone != 0:
		case w.bertOptions.clean && class&bertSpace != 0:
			in.add(' ', from, until)
		case w.chinese && class&bertIdeograph != 0:
			in.add(' ', from, from)
			in.add(r, from, until)
			in.add(' ', until, until)
		default:
			in.add(r, from, until)
		}
	}
	if w.strip && !norm.NFD.IsNormal(in.text) {
		in = w.decompose(in)
	}
	w.word, w.from, w.until = w.word[:0], w.from[:0], w.until[:0]
	flush := func() {
		if len(w.word) > 0 {
			emit(w.word, w.from[0], w.until[len(w.until)-1])
		}
		w.word, w.from, w.until = w.word[:0], w.from[:0], w.until[:0]
	}
	for i := 0; i < len(in.text); {
		r, n := utf8.DecodeRune(in.text[i:])
		from, until := in.from[i], in.until[i]
		i += n
		if w.strip && w.classes[r]&bertMark != 0 {
			continue
		}
		dotted := false
		if w.lower {
			dotted = r == 'İ' // its dot is a mark of its own once it is small
			r = unicode.ToLower(r)
		}
		switch class := w.classes[r]; {
		case class&bertSpace != 0:
			flush()
			continue
		case class&bertPunct != 0:
			flush()
			w.append(r, from, until)
			flush()
			continue
		}
		w.append(r, from, until)
		if dotted {
			w.append('\u0307', from, until)
		}
	}
	flush()
}

func (w *bertWords) append(r rune, from, until int) {
	w.word = utf8.AppendRune(w.word, r)
	for len(w.from) < len(w.word) {
		w.from, w.until = append(w.from, from), append(w.until, until)
	}
}

// decompose brings text to normal form D. A byte can be traced to the character
// it came from, or where marks may have changed places to all of them.
func (w *bertWords) decompose(in *traced) *traced {
	out := &w.clean2
	out.reset()
	for i := 0; i < len(in.text); {
		n := norm.NFD.NextBoundary(in.text[i:], true)
		seg := in.text[i : i+n]
		if norm.NFD.IsNormal(seg) {
			out.text = append(out.text, seg...)
			out.from = append(out.from, in.from[i:i+n]...)
			out.until = append(out.until, in.until[i:i+n]...)
		} else {
			first := len(out.text)
			out.text = norm.NFD.Append(out.text, seg...)
			_, size := utf8.DecodeRune(out.text[first:])
			for k := len(out.from) - first; len(out.from) < len(out.text); k++ {
				last := i // of the letter
				if k >= size {
					last = i + n - 1 // of its marks
				}
				out.from, out.until = append(out.from, in.from[i]), append(out.until, in.until[last])
			}
		}
		i += n
	}
	return out
}
