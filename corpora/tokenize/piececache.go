package tokenize

import "encoding/binary"

// pieceCache holds the tokens of words. Words of up to 16 bytes, which are most words in Latin
// script, are their own keys in a hash table without pointers. A slot is half a cache line and has
// room for the tokens of most words, so that a lookup usually touches one cache line. Longer words
// are in a map. The table begins small, because a question has few words, and grows.
type pieceCache struct {
	slots []pieceSlot
	shift uint8 // 64 less the bits of a slot's number
	used  int
	long  map[string][2]int32 // range of the tokens in arena
	arena []int32
}

// pieceKey is the bytes of a word as two numbers, both 0 for an empty slot. Words that end
// with a zero byte would have the key of another word and are not cached.
type pieceKey [2]uint64

type pieceSlot struct {
	key pieceKey
	n   int32              // number of tokens
	ids [pieceInSlot]int32 // the tokens; if there are more, the first is where they begin in arena
}

const (
	pieceFewBits  = 9
	pieceBits     = 17
	pieceSlots    = 1 << pieceBits
	pieceUsed     = pieceSlots * 3 / 4
	pieceInSlot   = 3
	pieceLong     = 1 << 16
	pieceKeyBytes = 16
	pieceMaxBytes = 64 // longer words rarely come again
)

func newPieceCache() pieceCache {
	return pieceCache{slots: make([]pieceSlot, 1<<pieceFewBits), shift: 64 - pieceFewBits, long: map[string][2]int32{}}
}

// grow makes the table four times as large.
func (c *pieceCache) grow() {
	few := c.slots
	c.slots, c.shift = make([]pieceSlot, 4*len(few)), c.shift-2
	for _, s := range few {
		if s.key != (pieceKey{}) {
			*c.slot(s.key) = s
		}
	}
}

// shortKey returns the key of a word of at most 16 bytes.
func shortKey(word []byte) (key pieceKey) {
	n := len(word)
	switch {
	case n > 8:
		key[0] = binary.LittleEndian.Uint64(word)
		key[1] = binary.LittleEndian.Uint64(word[n-8:]) >> (8 * (16 - n))
	case n == 8:
		key[0] = binary.LittleEndian.Uint64(word)
	case n >= 4: // two halves that may share bytes
		key[0] = uint64(binary.LittleEndian.Uint32(word)) | uint64(binary.LittleEndian.Uint32(word[n-4:]))<<(8*(n-4))
	default:
		for i, b := range word {
			key[0] |= uint64(b) << (8 * i)
		}
	}
	return key
}

// appendWord appends the word that has the key.
func (k pieceKey) appendWord(word []byte) []byte {
	last := k[0]
	if k[1] != 0 { // the first 8 bytes may end with a zero byte
		word, last = binary.LittleEndian.AppendUint64(word, k[0]), k[1]
	}
	for ; last != 0; last >>= 8 {
		word = append(word, byte(last))
	}
	return word
}

// hash returns a number whose first bits are where the search for the key begins.
func (k pieceKey) hash() uint64 {
	const golden, other = 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9
	return (k[0]*golden ^ k[1]*other) * golden
}

// slot returns the slot of a key, or the empty slot where it belongs.
func (c *pieceCache) slot(key pieceKey) *pieceSlot {
	mask := uint64(len(c.slots) - 1)
	for at := key.hash() >> (c.shift & 63); ; at++ {
		s := &c.slots[at&mask]
		if s.key == key || s.key == (pieceKey{}) {
			return s
		}
	}
}

// tokens returns the tokens in a slot, valid until the next call of add.
func (c *pieceCache) tokens(s *pieceSlot) []int32 {
	if s.n > pieceInSlot {
		return c.arena[s.ids[0] : s.ids[0]+s.n]
	}
	return s.ids[:s.n]
}

// find returns the tokens of a word, valid until the next call of add.
func (c *pieceCache) find(word []byte) ([]int32, bool) {
	if len(word) > pieceKeyBytes {
		at, ok := c.long[string(word)]
		return c.arena[at[0]:at[1]], ok
	}
	if word[len(word)-1] == 0 {
		return nil, false
	}
	s := c.slot(shortKey(word))
	return c.tokens(s), s.key != pieceKey{}
}

// add adds a word that is not in the cache. A full cache is emptied first.
func (c *pieceCache) add(word []byte, ids []int32) {
	if len(word) > pieceMaxBytes || word[len(word)-1] == 0 {
		return
	}
	if c.used == len(c.slots)*3/4 && len(c.slots) < pieceSlots {
		c.grow()
	}
	if c.used == pieceUsed || len(c.long) == pieceLong {
		clear(c.slots)
		clear(c.long)
		c.used, c.arena = 0, c.arena[:0]
	}
	from := int32(len(c.arena))
	if len(word) > pieceKeyBytes {
		c.arena = append(c.arena, ids...)
		c.long[string(word)] = [2]int32{from, int32(len(c.arena))}
		return
	}
	key := shortKey(word)
	s := c.slot(key)
	s.key, s.n = key, int32(len(ids))
	if len(ids) > pieceInSlot {
		s.ids[0] = from
		c.arena = append(c.arena, ids...)
	} else {
		copy(s.ids[:], ids)
	}
	c.used++
}
