package models

import (
	"hash/maphash"
	"iter"
	"unsafe"
)

// Tokens are the tokens of a vocabulary and their ids: a hash table without pointers and without
// the tokens, which takes a small part of the time and the memory of a map. A slot has a part of the
// hash of its token, so that another token is almost never compared. The zero value has no tokens.
type Tokens struct {
	list  []string
	ids   []int // of the tokens; nil: their indexes
	slots []tokenSlot
}

type tokenSlot struct {
	hash uint32
	at   int32 // plus 1; 0: the slot is empty
}

// tokenSeed is random, so that a file cannot be made of tokens that collide.
var tokenSeed = maphash.MakeSeed()

// NewTokens returns tokens whose ids are their indexes, without a copy, or, if one occurs twice, the
// index of its second and its first place; otherwise second is -1. There may be at most
// math.MaxInt32.
func NewTokens(list []string) (t *Tokens, second, first int) {
	size := 8
	for size*3 < len(list)*4 {
		size *= 2
	}
	t = &Tokens{list: list, slots: make([]tokenSlot, size)}
	for i, token := range list {
		slot, hash := t.slot(token)
		if slot.at != 0 {
			return t, i, int(slot.at - 1)
		}
		*slot = tokenSlot{hash, int32(i) + 1}
	}
	return t, -1, -1
}

// slot returns the slot of a token, or the empty slot where it belongs, and its hash.
func (t *Tokens) slot(token string) (*tokenSlot, uint32) {
	h := maphash.String(tokenSeed, token)
	hash, mask := uint32(h>>32), uint64(len(t.slots)-1)
	for at := h & mask; ; at = (at + 1) & mask {
		s := &t.slots[at]
		if s.at == 0 || s.hash == hash && t.list[s.at-1] == token {
			return s, hash
		}
	}
}

// Len returns the number of tokens, 0 for nil.
func (t *Tokens) Len() int {
	if t == nil {
		return 0
	}
	return len(t.list)
}

// Find returns the id of a token.
func (t *Tokens) Find(token string) (id int, ok bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	s, _ := t.slot(token)
	if s.at == 0 {
		return 0, false
	}
	if id = int(s.at - 1); t.ids != nil {
		id = t.ids[id]
	}
	return id, true
}

// FindBytes is Find for a token in a byte slice.
func (t *Tokens) FindBytes(token []byte) (id int, ok bool) {
	return t.Find(unsafe.String(unsafe.SliceData(token), len(token)))
}

// All yields the tokens and their ids, in the order of the file.
func (t *Tokens) All() iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		for i, token := range t.list {
			if t.ids != nil {
				i = t.ids[i]
			}
			if !yield(token, i) {
				return
			}
		}
	}
}

// InOrder returns the tokens if their ids are their indexes, else nil. The caller must not change
// them.
func (t *Tokens) InOrder() []string {
	if t.ids != nil {
		return nil
	}
	return t.list
}
