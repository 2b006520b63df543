package corpora

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

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

func (h *idHash) String() string { return hex.EncodeToString(h.sum.Sum(nil)[:16]) }

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
