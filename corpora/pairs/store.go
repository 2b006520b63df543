package pairs

import (
	"fmt"
	"sync"

	"github.com/luminavec/luminavec/corpora/internal/idstore"
)

// store keeps examples as ids. The record of an example in the id store is
//
//	the number of ids of each text, the bits of the score if it has one, the ids of each text
//
// Memory holds 4 bytes per example for its position and 8 bytes per text for its hash.
type store struct {
	ids    *idstore.Store
	n      int64            // examples
	base   segments[int64]  // position of every baseExamples-th record
	place  segments[uint32] // from there
	hashes segments[uint64] // of the texts, those of an example together
	cache  *blockCache      // of the blocks in the file
}

const (
	baseExamples = 64

	// maxRecordIDs limits the ids of a text, so that baseExamples records are less than
	// 2^32 apart.
	maxRecordIDs = 1 << 20

	// maxTexts limits the texts of an example for the same reason.
	maxTexts = 32

	// maxExamples limits the examples, whose numbers have 32 bits in a plan.
	maxExamples = 1<<31 - 1
)

func newStore(dir string, memory int) *store {
	ids := idstore.New(dir, memory)
	return &store{ids: ids, cache: &blockCache{store: ids, most: idstore.MemoryBlocks}}
}

// add appends a record and the hashes of its texts.
func (r *store) add(record []int32, hashes []uint64) error {
	if r.n%baseExamples == 0 {
		r.base.add(r.ids.Len())
	}
	r.place.add(uint32(r.ids.Len() - r.base.at(r.n/baseExamples)))
	for _, h := range hashes {
		r.hashes.add(h)
	}
	r.n++
	return r.ids.Append(record...)
}

// start returns where the record of an example begins, or where the last one ends.
func (r *store) start(example int64) int64 {
	if example == r.n {
		return r.ids.Len()
	}
	return r.base.at(example/baseExamples) + int64(r.place.at(example))
}

// record returns the record of an example, which the caller must not change: in place, or,
// if it is not in memory in one piece, appended to spare. It may be called concurrently.
func (r *store) record(spare *[]int32, example int64) ([]int32, error) {
	at, end := r.start(example), r.start(example+1)
	block, within := int(at/idstore.BlockIDs), int(at%idstore.BlockIDs)
	if n := within + int(end-at); n <= idstore.BlockIDs && r.ids.InMemory(block) != nil {
		return r.ids.InMemory(block)[within:n], nil
	}
	from := len(*spare)
	for at < end {
		block, within := int(at/idstore.BlockIDs), int(at%idstore.BlockIDs)
		n := int(min(end-at, int64(idstore.BlockIDs-within)))
		if held := r.ids.InMemory(block); held != nil {
			*spare = append(*spare, held[within:within+n]...)
		} else {
			var err error
			if *spare, err = r.cache.read(*spare, block, within, n); err != nil {
				return nil, err
			}
		}
		at += int64(n)
	}
	return (*spare)[from:], nil
}

// segments is a list that grows without copying.
type segments[T any] struct{ parts [][]T }

const segmentLength = 1 << 14

func (s *segments[T]) add(v T) {
	if n := len(s.parts); n == 0 || len(s.parts[n-1]) == segmentLength {
		s.parts = append(s.parts, make([]T, 0, segmentLength))
	}
	last := &s.parts[len(s.parts)-1]
	*last = append(*last, v)
}

func (s *segments[T]) at(i int64) T { return s.parts[i/segmentLength][i%segmentLength] }

func (s *segments[T]) length() int64 {
	n := len(s.parts)
	if n == 0 {
		return 0
	}
	return int64(n-1)*segmentLength + int64(len(s.parts[n-1]))
}

// blockCache holds blocks of an id store that are in its file, so that the examples of a
// window (see Plan) are read from disk once, block by block.
type blockCache struct {
	store *idstore.Store
	most  int // blocks

	mu     sync.Mutex
	where  map[int]int // slot of a block
	blocks []int       // in each slot
	slots  [][]int32
	used   []bool // since hand passed
	hand   int
	raw    []byte
}

// read appends n ids of a block.
func (c *blockCache) read(dst []int32, block, from, n int) ([]int32, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slot, ok := c.where[block]
	if !ok {
		var err error
		if slot, err = c.load(block); err != nil {
			return dst, err
		}
	}
	c.used[slot] = true
	ids := c.slots[slot]
	if from+n > len(ids) {
		return dst, fmt.Errorf("block %d holds %d token ids, expected %d", block, len(ids), from+n)
	}
	return append(dst, ids[from:from+n]...), nil
}

// load reads a block into the slot of one that was not used recently.
func (c *blockCache) load(block int) (int, error) {
	if c.where == nil {
		c.where, c.raw = map[int]int{}, make([]byte, idstore.BlockBytes)
	}
	slot := len(c.slots)
	if slot < c.most {
		c.slots, c.blocks, c.used = append(c.slots, nil), append(c.blocks, -1), append(c.used, false)
	} else {
		for c.used[c.hand] {
			c.used[c.hand] = false
			c.hand = (c.hand + 1) % len(c.slots)
		}
		slot = c.hand
		c.hand = (c.hand + 1) % len(c.slots)
	}
	delete(c.where, c.blocks[slot])
	c.blocks[slot] = -1
	ids, err := c.store.ReadInto(c.slots[slot][:0], c.raw, block)
	c.slots[slot] = ids
	if err != nil {
		return 0, err
	}
	c.where[block], c.blocks[slot] = slot, block
	return slot, nil
}
