package tokenize

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// charsmap is Precompiled, the normalizer of SentencePiece's models as Hugging
// Face's library applies it: a grapheme cluster of less than 6 bytes becomes what
// the table has for the shortest of its beginnings that is in it; of another, and
// of one without such a beginning, each character does.
//
// The table is a blob: the size in bytes of a double array, 4 bytes; the double
// array of github.com/s-yata/darts-clone, units of 4 bytes, all little-endian; then
// texts, each with a zero byte behind it, where the values of the array point.
type charsmap struct {
	units []uint32
	texts []byte
	same  [utf8.RuneSelf]bool // ASCII that stays as it is
}

const maxCluster = 6 // bytes from which a cluster is not looked up as a whole

// newCharsmap reads a blob.
func newCharsmap(blob []byte) (*charsmap, error) {
	if len(blob) < 4 {
		return nil, errors.New("precompiled_charsmap has no size")
	}
	size := binary.LittleEndian.Uint32(blob)
	blob = blob[4:]
	if size%4 != 0 || uint64(size) > uint64(len(blob)) {
		return nil, fmt.Errorf("precompiled_charsmap of %d bytes cannot begin with an array of %d", len(blob)+4, size)
	}
	if !utf8.Valid(blob[size:]) {
		return nil, errors.New("precompiled_charsmap has texts that are not UTF-8")
	}
	c := &charsmap{units: make([]uint32, size/4), texts: blob[size:]}
	for i := range c.units {
		c.units[i] = binary.LittleEndian.Uint32(blob[4*i:])
	}
	for b := range c.same {
		to, ok := c.find([]byte{byte(b)})
		c.same[b] = !ok || len(to) == 1 && to[0] == byte(b)
	}
	return c, nil
}

// A unit of the double array: bit 8 says whether a key ends here, whose value is
// the unit at the offset; bits 0 to 7 are the byte that leads here; bit 31 marks a
// value; the offset is bits 10 and up, times 256 when bit 9 is set.
const (
	unitLeaf  = 1 << 8
	unitValue = 1 << 31
)

func unitOffset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

// find returns the text for the shortest beginning of key that is in the table.
func (c *charsmap) find(key []byte) ([]byte, bool) {
	if len(c.units) == 0 {
		return nil, false
	}
	at := unitOffset(c.units[0])
	for _, b := range key {
		if at ^= uint32(b); b == 0 || uint64(at) >= uint64(len(c.units)) {
			return nil, false
		}
		unit := c.units[at]
		if unit&(unitValue|0xff) != uint32(b) {
			return nil, false
		}
		if at ^= unitOffset(unit); unit&unitLeaf == 0 {
			continue
		}
		if uint64(at) >= uint64(len(c.units)) {
			return nil, false
		}
		text := c.units[at] &^ unitValue
		if uint64(text) >= uint64(len(c.texts)) || !utf8.RuneStart(c.texts[text]) {
			return nil, false
		}
		end := bytes.IndexByte(c.texts[text:], 0)
		if end < 0 {
			return c.texts[text:], true
		}
		return c.texts[text : int(text)+end], true
	}
	return nil, false
}

func (c *charsmap) apply(in, out *traced) *traced {
	text := in.text
	done, changed := 0, false
	for i := 0; i < len(text); {
		b := text[i]
		alone := b < utf8.RuneSelf && (i+1 == len(text) || text[i+1] < utf8.RuneSelf)
		if alone && b != '\r' {
			if c.same[b] {
				i++
				continue
			}
			out.copy(in, done, i)
			to, _ := c.find(text[i : i+1])
			out.text = append(out.text, to...)
			out.trace(in, i, i+1)
			i++
			done, changed = i, true
			continue
		}
		// Clusters begin and end between two characters of ASCII, but for CR LF.
		end := i + 1
		for end < len(text) && (text[end-1] >= utf8.RuneSelf || text[end] >= utf8.RuneSelf || text[end-1] == '\r' && text[end] == '\n') {
			end++
		}
		out.copy(in, done, i)
		for clusters := graphemes.FromBytes(text[i:end]); clusters.Next(); {
			from := i + clusters.Start()
			changed = c.cluster(in, out, from, from+len(clusters.Value())) || changed
		}
		i, done = end, end
	}
	if !changed {
		return in
	}
	out.copy(in, done, len(text))
	return out
}

// cluster appends what becomes of in.text[from:to], and says whether that is
// something else.
func (c *charsmap) cluster(in, out *traced, from, to int) (changed bool) {
	if to-from < maxCluster {
		if text, ok := c.find(in.text[from:to]); ok {
			out.text = append(out.text, text...)
			out.trace(in, from, to)
			return true
		}
	}
	for i := from; i < to; {
		_, n := utf8.DecodeRune(in.text[i:to])
		if text, ok := c.find(in.text[i : i+n]); ok {
			out.text = append(out.text, text...)
			out.trace(in, i, i+n)
			changed = true
		} else {
			out.copy(in, i, i+n)
		}
		i += n
	}
	return changed
}
