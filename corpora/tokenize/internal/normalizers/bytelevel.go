package normalizers

import (
	"slices"
	"unicode/utf8"
)

func init() { register("ByteLevel", fixed(byteLevelStep{})) }

// ByteLetters is the alphabet of byte-level tokenizers: the character that stands for
// each byte, as in GPT-2. Bytes that are printable in Latin-1 stand for themselves; the
// others are U+0100 and up, in order.
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

// MapBytes appends to out the characters that stand for the bytes in.Bytes[from:to].
func MapBytes(in, out *Text, from, to int) {
	if len(in.From) > 0 {
		for i := from; i < to; i++ {
			out.put(in, ByteLetters[in.Bytes[i]], i, i+1)
		}
		return
	}
	text := in.Bytes[from:to]
	for i := 0; i < len(text); {
		if r := ByteLetters[text[i]]; r >= utf8.RuneSelf {
			out.Bytes = append(out.Bytes, 0xc0|byte(r>>6), 0x80|byte(r&0x3f)) // below U+0800
			i++
			continue
		}
		end := i + 1
		for end < len(text) && ByteLetters[text[end]] < utf8.RuneSelf {
			end++
		}
		out.Bytes = append(out.Bytes, text[i:end]...)
		i = end
	}
}

// byteLevelStep maps every byte to its character.
type byteLevelStep struct{}

func (byteLevelStep) Apply(in, out *Text) *Text {
	MapBytes(in, out, 0, len(in.Bytes))
	return out
}

// UnmapBytes returns the bytes for which the characters of text stand; others stay as they are.
func UnmapBytes(text string) string {
	var out []byte
	for _, r := range text {
		if b := slices.Index(ByteLetters[:], r); b >= 0 {
			out = append(out, byte(b))
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return string(out)
}
