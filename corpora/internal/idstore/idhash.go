package idstore

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// Hash hashes ids as 32-bit little-endian numbers, as they lie in a file.
type Hash struct {
	sum hash.Hash
	raw []byte
}

func NewHash() *Hash { return &Hash{sum: sha256.New(), raw: make([]byte, 0, BlockBytes)} }

func (h *Hash) Add(ids []int32) {
	h.raw = AppendIDs(h.raw[:0], ids)
	h.sum.Write(h.raw)
}

func (h *Hash) String() string { return hex.EncodeToString(h.sum.Sum(nil)[:16]) }

// AppendIDs appends ids as they lie in files: 4 bytes each, little-endian.
func AppendIDs(dst []byte, ids []int32) []byte {
	for _, id := range ids {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(id))
	}
	return dst
}

// DecodeIDs appends the ids that appendIDs has written.
func DecodeIDs(dst []int32, raw []byte) []int32 {
	for ; len(raw) >= 4; raw = raw[4:] {
		dst = append(dst, int32(binary.LittleEndian.Uint32(raw)))
	}
	return dst
}
