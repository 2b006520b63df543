package pretokenizers

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/normalizers"
)

// BertWords does in one pass what BertNormalizer and BertPreTokenizer do: it cuts text
// at white space and makes each punctuation character a word.
type BertWords struct {
	normalizers.BertOptions
	classes *[unicode.MaxRune + 1]uint8
	ascii   [256]uint8 // classes of bytes, and asciiSlow
	fold    [256]byte
	word    []byte
	from    []int // for each byte of word, the start of what it stands for
	until   []int // and its end
	clean1  normalizers.Text
	clean2  normalizers.Text
}

// Place implements [Worker]. Characters that come from one have the same position.
func (w *BertWords) Place(start, end int) (first, past int) {
	if len(w.from) == 0 { // an ASCII word
		return start, end
	}
	return w.from[start] - w.from[0], w.until[end-1] - w.from[0]
}

// ByteClass says how a byte of text is cut.
type ByteClass int

// The classes of bytes.
const (
	InWord  ByteClass = iota // part of a word
	Space                    // white space, which ends a word and has no token
	Alone                    // a word of its own
	NotFast                  // a control character or not ASCII: Each applies the full rules from here to the next white space
)

// Byte returns the class of a byte and, for part of a word, what it becomes.
func (w *BertWords) Byte(b byte) (ByteClass, byte) {
	switch class := w.ascii[b]; {
	case class == 0:
		return InWord, w.fold[b]
	case class == asciiSlow:
		return NotFast, b
	case class&normalizers.BertPunctuation != 0:
		return Alone, b
	}
	return Space, b
}

// asciiSlow marks bytes that the fast path does not handle.
const asciiSlow = 1 << 7

func newBertWords(o normalizers.BertOptions) *BertWords {
	w := &BertWords{BertOptions: o, classes: normalizers.BertClasses()}
	for b := range w.ascii {
		w.ascii[b], w.fold[b] = asciiSlow, byte(b)
		if b < utf8.RuneSelf && w.classes[b]&normalizers.BertRemoved == 0 {
			w.ascii[b] = w.classes[b] &^ normalizers.BertMark
		}
		if o.Lower && 'A' <= b && b <= 'Z' {
			w.fold[b] += 'a' - 'A'
		}
	}
	return w
}

// Each implements [Worker]. ASCII words are cut here; from any other character to the
// next ASCII white space, piece does the work. No rule reaches across white space.
func (w *BertWords) Each(text []byte, emit func(word []byte, start, end int)) {
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
		if class&normalizers.BertPunctuation != 0 {
			w.word = append(w.word[:0], text[i])
			emit(w.word, i, i+1)
		}
		i++
	}
}

// piece is Each for text at byte base, by the full rules of Unicode.
func (w *BertWords) piece(text []byte, base int, emit func(word []byte, start, end int)) {
	in := &w.clean1
	in.Reset()
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		from, until := base+i, base+i+n
		i += n
		class := w.classes[r]
		switch {
		case w.Clean && class&normalizers.BertRemoved != 0:
		case w.Clean && class&normalizers.BertSpace != 0:
			in.Add(' ', from, until)
		case w.Chinese && class&normalizers.BertIdeograph != 0:
			in.Add(' ', from, from)
			in.Add(r, from, until)
			in.Add(' ', until, until)
		default:
			in.Add(r, from, until)
		}
	}
	if w.Strip && !norm.NFD.IsNormal(in.Bytes) {
		in = w.decompose(in)
	}
	w.word, w.from, w.until = w.word[:0], w.from[:0], w.until[:0]
	flush := func() {
		if len(w.word) > 0 {
			emit(w.word, w.from[0], w.until[len(w.until)-1])
		}
		w.word, w.from, w.until = w.word[:0], w.from[:0], w.until[:0]
	}
	for i := 0; i < len(in.Bytes); {
		r, n := utf8.DecodeRune(in.Bytes[i:])
		from, until := in.From[i], in.Until[i]
		i += n
		if w.Strip && w.classes[r]&normalizers.BertMark != 0 {
			continue
		}
		dotted := false
		if w.Lower {
			dotted = r == 'İ' // its dot becomes a combining mark
			r = normalizers.Lower(r)
		}
		switch class := w.classes[r]; {
		case class&normalizers.BertSpace != 0:
			flush()
			continue
		case class&normalizers.BertPunctuation != 0:
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

func (w *BertWords) append(r rune, from, until int) {
	w.word = utf8.AppendRune(w.word, r)
	for len(w.from) < len(w.word) {
		w.from, w.until = append(w.from, from), append(w.until, until)
	}
}

// decompose converts text to normal form D. Each byte keeps the position of its
// character; marks that may have been reordered have the position of all of them.
func (w *BertWords) decompose(in *normalizers.Text) *normalizers.Text {
	out := &w.clean2
	out.Reset()
	for i := 0; i < len(in.Bytes); {
		n := norm.NFD.NextBoundary(in.Bytes[i:], true)
		seg := in.Bytes[i : i+n]
		if norm.NFD.IsNormal(seg) {
			out.Bytes = append(out.Bytes, seg...)
			out.From = append(out.From, in.From[i:i+n]...)
			out.Until = append(out.Until, in.Until[i:i+n]...)
		} else {
			first := len(out.Bytes)
			out.Bytes = norm.NFD.Append(out.Bytes, seg...)
			_, size := utf8.DecodeRune(out.Bytes[first:])
			for k := len(out.From) - first; len(out.From) < len(out.Bytes); k++ {
				last := i // of the letter
				if k >= size {
					last = i + n - 1 // of its marks
				}
				out.From, out.Until = append(out.From, in.From[i]), append(out.Until, in.Until[last])
			}
		}
		i += n
	}
	return out
}
