package idstore

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// Hash is a SHA-256 of ids in the form that they have in a file.
type Hash struct {
	sum hash.Hash
	raw []byte
}

// NewHash returns the hash of no ids.
func NewHash() *Hash { return &Hash{sum: sha256.New(), raw: make([]byte, 0, BlockBytes)} }

// Add adds ids at the end.
func (h *Hash) Add(ids []int32) {
	h.raw = AppendIDs(h.raw[:0], ids)
	h.sum.Write(h.raw)
}

// String returns the first 128 bits in hexadecimal.
func (h *Hash) String() string { return hex.EncodeToString(h.sum.Sum(nil)[:16]) }

// AppendIDs appends ids in the form that they have in a file: 32-bit little-endian.
func AppendIDs(dst []byte, ids []int32) []byte {
	for _, id := range ids {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(id))
	}
	return dst
}

// DecodeIDs appends the ids of bytes that AppendIDs wrote.
func DecodeIDs(dst []int32, raw []byte) []int32 {
	for ; len(raw) >= 4; raw = raw[4:] {
		dst = append(dst, int32(binary.LittleEndian.Uint32(raw)))
	}
	return dst
}
