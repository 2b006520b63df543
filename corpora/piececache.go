package corpora

// pieceCache remembers the tokens of words. Words of up to 8 bytes, most of any
// text in Latin letters, are their own key in a table without pointers: finding
// one touches one place. Longer ones are in a map.
type pieceCache struct {
	slots []pieceSlot
	used  int
	long  map[string][2]int32 // where the tokens are in arena
	arena []int32
}

// pieceSlot has the bytes of a word as a number, 0 when it is empty. Words that end
// with a byte 0, which would be another's number, are not kept.
type pieceSlot struct {
	key      uint64
	from, to int32 // in arena
}

const (
	pieceSlots    = 1 << 16
	pieceUsed     = pieceSlots * 3 / 4
	pieceLong     = 1 << 16
	pieceMaxBytes = 64 // longer words hardly come again
)

func newPieceCache() pieceCache {
	return pieceCache{slots: make([]pieceSlot, pieceSlots), long: map[string][2]int32{}}
}

// shortKey returns the bytes of a word of at most 8 as a number.
func shortKey(word []byte) (key uint64) {
	for i, b := range word {
		key |= uint64(b) << (8 * i)
	}
	return key
}

// slot returns where a key is, or belongs.
func (c *pieceCache) slot(key uint64) *pieceSlot {
	const golden = 0x9e3779b97f4a7c15
	for at := key * golden >> 48; ; at++ {
		s := &c.slots[at%pieceSlots]
		if s.key == key || s.key == 0 {
			return s
		}
	}
}

func (c *pieceCache) find(word []byte) ([]int32, bool) {
	if len(word) > 8 {
		at, ok := c.long[string(word)]
		return c.arena[at[0]:at[1]], ok
	}
	if word[len(word)-1] == 0 {
		return nil, false
	}
	s := c.slot(shortKey(word))
	return c.arena[s.from:s.to], s.key != 0
}

// add remembers a word that find does not find. When the cache is full it begins
// anew.
func (c *pieceCache) add(word []byte, ids []int32) {
	if len(word) > pieceMaxBytes || word[len(word)-1] == 0 {
		return
	}
	if c.used == pieceUsed || len(c.long) == pieceLong {
		clear(c.slots)
		clear(c.long)
		c.used, c.arena = 0, c.arena[:0]
	}
	from := int32(len(c.arena))
	c.arena = append(c.arena, ids...)
	if len(word) > 8 {
		c.long[string(word)] = [2]int32{from, int32(len(c.arena))}
		return
	}
	key := shortKey(word)
	*c.slot(key) = pieceSlot{key, from, int32(len(c.arena))}
	c.used++
}
