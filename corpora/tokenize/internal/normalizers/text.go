package normalizers

import "unicode/utf8"

// Text is text on its way through the normalizers. When the caller needs positions, From
// and Until hold, for each byte of Bytes, the range of the original text that it
// stands for; otherwise both are empty.
type Text struct {
	Bytes       []byte
	From, Until []int
}

// Reset empties t and keeps its buffers.
func (t *Text) Reset() { t.Bytes, t.From, t.Until = t.Bytes[:0], t.From[:0], t.Until[:0] }

// Set makes t the text itself, with the position of each byte if places is true. All
// bytes of a character have the position of the character. The bytes are not copied, so
// nothing may be written to t before the next Set or Reset.
func (t *Text) Set(text []byte, places bool) {
	t.Bytes, t.From, t.Until = text, t.From[:0], t.Until[:0]
	if !places {
		return
	}
	for i := 0; i < len(text); {
		_, n := utf8.DecodeRune(text[i:])
		for range n {
			t.From, t.Until = append(t.From, i), append(t.Until, i+n)
		}
		i += n
	}
}

// Add appends r with its position in the original text.
func (t *Text) Add(r rune, from, until int) {
	t.Bytes = utf8.AppendRune(t.Bytes, r)
	for len(t.From) < len(t.Bytes) {
		t.From, t.Until = append(t.From, from), append(t.Until, until)
	}
}

// put appends r, which replaces in.Bytes[from:to]. The range must not be empty.
func (t *Text) put(in *Text, r rune, from, to int) {
	t.Bytes = utf8.AppendRune(t.Bytes, r)
	t.Trace(in, from, to)
}

// Trace records that the bytes appended to t.Bytes since the last call of a method
// replace in.Bytes[from:to].
func (t *Text) Trace(in *Text, from, to int) {
	if len(in.From) == 0 {
		return
	}
	for len(t.From) < len(t.Bytes) {
		t.From, t.Until = append(t.From, in.From[from]), append(t.Until, in.Until[to-1])
	}
}

// Copy appends in.Bytes[from:to] unchanged.
func (t *Text) Copy(in *Text, from, to int) {
	t.Bytes = append(t.Bytes, in.Bytes[from:to]...)
	if len(in.From) > 0 {
		t.From, t.Until = append(t.From, in.From[from:to]...), append(t.Until, in.Until[from:to]...)
	}
}

// Insert appends text that stands for nothing, before in.Bytes[at].
func (t *Text) Insert(in *Text, text string, at int) {
	t.Bytes = append(t.Bytes, text...)
	if len(in.From) > 0 {
		for len(t.From) < len(t.Bytes) {
			t.From, t.Until = append(t.From, in.From[at]), append(t.Until, in.From[at])
		}
	}
}
