package tokenize

import (
	"hash/maphash"
	"unsafe"
)

// tokenIDs finds the ids of the tokens of a vocabulary: a hash table without pointers and without
// the tokens, which takes a small part of the time and the memory of a map. A slot has a part of the
// hash of its token, so that another token is almost never compared.
type tokenIDs struct {
	tokens []string
	slots  []tokenSlot
}

type tokenSlot struct {
	hash uint32
	id   int32 // plus 1; 0: the slot is empty
}

// tokenSeed is random, so that a file cannot be made of tokens that collide.
var tokenSeed = maphash.MakeSeed()

// newTokenIDs returns the ids of tokens or, if one occurs twice, the id of its second and its first
// place; otherwise second is -1.
func newTokenIDs(tokens []string) (t tokenIDs, second, first int32) {
	size := 8
	for size*3 < len(tokens)*4 {
		size *= 2
	}
	t = tokenIDs{tokens: tokens, slots: make([]tokenSlot, size)}
	for i, token := range tokens {
		slot, hash := t.slot(token)
		if slot.id != 0 {
			return t, int32(i), slot.id - 1
		}
		*slot = tokenSlot{hash, int32(i) + 1}
	}
	return t, -1, -1
}

// slot returns the slot of a token, or the empty slot where it belongs, and its hash.
func (t *tokenIDs) slot(token string) (*tokenSlot, uint32) {
	h := maphash.String(tokenSeed, token)
	hash, mask := uint32(h>>32), uint64(len(t.slots)-1)
	for at := h & mask; ; at = (at + 1) & mask {
		s := &t.slots[at]
		if s.id == 0 || s.hash == hash && t.tokens[s.id-1] == token {
			return s, hash
		}
	}
}

// find returns the id of a token, -1 if it has none.
func (t *tokenIDs) find(token string) int32 {
	if len(t.slots) == 0 {
		return -1
	}
	s, _ := t.slot(token)
	return s.id - 1
}

// findBytes is find for a token in a byte slice.
func (t *tokenIDs) findBytes(token []byte) int32 {
	return t.find(unsafe.String(unsafe.SliceData(token), len(token)))
}
