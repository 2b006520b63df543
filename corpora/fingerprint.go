package corpora

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
)

// A fingerprint is the first 128 bits of a SHA-256 in hexadecimal digits: enough
// that two texts never have the same by chance, and short enough to be read.
const fingerprintBytes = 16

// idHash hashes ids as 32-bit little-endian numbers, as they lie in a file.
type idHash struct {
	sum hash.Hash
	raw []byte
}

func newIDHash() *idHash { return &idHash{sum: sha256.New(), raw: make([]byte, 0, blockBytes)} }

func (h *idHash) add(ids []int32) {
	h.raw = appendIDs(h.raw[:0], ids)
	h.sum.Write(h.raw)
}

func (h *idHash) String() string { return hex.EncodeToString(h.sum.Sum(nil)[:fingerprintBytes]) }

// appendIDs appends ids as they lie in files: 4 bytes each, little-endian.
func appendIDs(dst []byte, ids []int32) []byte {
	for _, id := range ids {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(id))
	}
	return dst
}

// decodeIDs appends the ids that appendIDs has written.
func decodeIDs(dst []int32, raw []byte) []int32 {
	for ; len(raw) >= 4; raw = raw[4:] {
		dst = append(dst, int32(binary.LittleEndian.Uint32(raw)))
	}
	return dst
}

// Fingerprint tells this corpus from others: it is a hash of all ids and line
// ends in their order, which is all that training sees of the text.
func (c *Corpus) Fingerprint() string { return c.fingerprint }

// Fingerprint tells tokenizers apart that find different words. It is a hash of
// what the tokenizer was made with, phrases included, and not of its vocabulary.
func (t *Tokenizer) Fingerprint() string {
	h := sha256.New()
	if t.sub != nil {
		h.Write(t.sub.file)
		return hex.EncodeToString(h.Sum(nil)[:fingerprintBytes])
	}
	fmt.Fprintf(h, "words cased=%t whitespace=%t\n", t.options.Cased, t.options.Whitespace)
	for _, list := range t.Phrases() {
		for _, phrase := range list {
			fmt.Fprintf(h, "%q ", phrase)
		}
		h.Write([]byte("\n"))
	}
	return hex.EncodeToString(h.Sum(nil)[:fingerprintBytes])
}

// fingerprint tells vocabularies apart, by their tokens, counts and order.
func (v *Vocabulary) fingerprint() string {
	h := sha256.New()
	v.WriteTo(h) // a hash takes all
	return hex.EncodeToString(h.Sum(nil)[:fingerprintBytes])
}
