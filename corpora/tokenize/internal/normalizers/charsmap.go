package normalizers

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

func init() { register("Precompiled", parsePrecompiled) }

// charsmap is Precompiled, the normalizer of SentencePiece's models, as Hugging Face's
// library applies it. The table maps byte strings to replacements. A grapheme cluster of
// less than 6 bytes becomes the replacement of its shortest prefix in the table. In
// longer clusters, and in those without such a prefix, each character is looked up.
//
// The table is a blob, little-endian: the size in bytes of a double array (4 bytes); the
// double array, as in github.com/s-yata/darts-clone (units of 4 bytes); then the
// replacements, each followed by a zero byte. The values of the array are offsets of
// replacements.
type charsmap struct {
	units []uint32
	texts []byte
	same  [utf8.RuneSelf]bool // ASCII characters that do not change
}

const maxCluster = 6 // bytes; a cluster of this length is not looked up as a whole

func parsePrecompiled(data json.RawMessage) ([]Step, error) {
	var j struct {
		Charsmap string `json:"precompiled_charsmap"`
	}
	if err := json.Unmarshal(data, &j); err != nil || j.Charsmap == "" {
		return nil, err
	}
	blob, err := base64.StdEncoding.DecodeString(j.Charsmap)
	if err != nil {
		return nil, fmt.Errorf("precompiled_charsmap: %w", err)
	}
	c, err := newCharsmap(blob)
	return []Step{c}, err
}

// newCharsmap reads a blob.
func newCharsmap(blob []byte) (*charsmap, error) {
	if len(blob) < 4 {
		return nil, errors.New("precompiled_charsmap has no size")
	}
	size := binary.LittleEndian.Uint32(blob)
	blob = blob[4:]
	if size%4 != 0 || uint64(size) > uint64(len(blob)) {
		return nil, fmt.Errorf("precompiled_charsmap has %d bytes, too few for an array of %d", len(blob)+4, size)
	}
	if !utf8.Valid(blob[size:]) {
		return nil, errors.New("precompiled_charsmap has replacements that are not UTF-8")
	}
	for text := range bytes.SplitSeq(blob[size:], []byte{0}) {
		if len(text) > maxInsert {
			return nil, fmt.Errorf("precompiled_charsmap has a replacement of %d bytes; at most %d are supported", len(text), maxInsert)
		}
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

// A unit of the double array: bit 8 is set if a key ends here, and its value is then
// the unit at the offset; bits 0 to 7 are the byte that leads here; bit 31 marks a
// value; the offset is bits 10 and up, times 256 if bit 9 is set.
const (
	unitLeaf  = 1 << 8
	unitValue = 1 << 31
)

func unitOffset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

// find returns the replacement of the shortest prefix of key that is in the table.
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

func (c *charsmap) Apply(in, out *Text) *Text {
	text := in.Bytes
	done, changed := 0, false
	for i := 0; i < len(text); {
		b := text[i]
		alone := b < utf8.RuneSelf && (i+1 == len(text) || text[i+1] < utf8.RuneSelf)
		if alone && b != '\r' {
			if c.same[b] {
				i++
				continue
			}
			out.Copy(in, done, i)
			to, _ := c.find(text[i : i+1])
			out.Bytes = append(out.Bytes, to...)
			out.Trace(in, i, i+1)
			i++
			done, changed = i, true
			continue
		}
		// Clusters begin and end between any two ASCII characters except CR LF.
		end := i + 1
		for end < len(text) && (text[end-1] >= utf8.RuneSelf || text[end] >= utf8.RuneSelf || text[end-1] == '\r' && text[end] == '\n') {
			end++
		}
		out.Copy(in, done, i)
		for clusters := graphemes.FromBytes(text[i:end]); clusters.Next(); {
			from := i + clusters.Start()
			changed = c.cluster(in, out, from, from+len(clusters.Value())) || changed
		}
		i, done = end, end
	}
	if !changed {
		return in
	}
	out.Copy(in, done, len(text))
	return out
}

// cluster appends the replacement of in.Bytes[from:to] and reports whether it differs.
func (c *charsmap) cluster(in, out *Text, from, to int) (changed bool) {
	if to-from < maxCluster {
		if text, ok := c.find(in.Bytes[from:to]); ok {
			out.Bytes = append(out.Bytes, text...)
			out.Trace(in, from, to)
			return true
		}
	}
	for i := from; i < to; {
		_, n := utf8.DecodeRune(in.Bytes[i:to])
		if text, ok := c.find(in.Bytes[i : i+n]); ok {
			out.Bytes = append(out.Bytes, text...)
			out.Trace(in, i, i+n)
			changed = true
		} else {
			out.Copy(in, i, i+n)
		}
		i += n
	}
	return changed
}
