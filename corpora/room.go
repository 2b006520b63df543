package corpora

import (
	"slices"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// room limits the number of distinct words while they are counted.
type room struct {
	most    int
	union   int                  // distinct words at the last check
	sizes   int                  // sum of the sizes of all tables then
	dropped *wordFilter          // nil before any word was dropped
	base    *tokenize.Vocabulary // words that are always kept; nil: none
}

func newRoom(most int, base *tokenize.Vocabulary) *room { return &room{most: most, base: base} }

// roomBatches is the number of batches, about 64 MiB of text, between two checks of the
// number of distinct words.
var roomBatches = 256

const (
	defaultDistinct = 1 << 25
	maxDistinct     = 1 << 28
)

// makeRoom drops the rarest words, down to half of the limit, if there are more than fit. It is
// called at fixed positions in the text and depends only on the union of the tables, so the
// result is the same for any number of them.
func (c *Corpus) makeRoom(tables []*wordTable, r *room) error {
	sizes := 0
	for _, t := range tables {
		sizes += len(t.tokens)
	}
	// The union cannot have grown by more than the tables.
	if r.union+sizes-r.sizes <= r.most {
		return nil
	}
	r.union, r.sizes = distinctWords(tables), sizes
	if r.union <= r.most {
		return nil
	}
	return c.dropRare(tables, r)
}

// dropRare puts the words above the lowest count that leaves at most half of the limit
// into the table of kept words; the other tables start empty.
func (c *Corpus) dropRare(tables []*wordTable, r *room) error {
	all, tokens, counts := merge(tables)
	sorted := slices.Sorted(slices.Values(counts))
	below := sorted[len(sorted)-1-r.most/2]
	if r.dropped == nil {
		r.dropped = newWordFilter(r.most)
	}
	kept := &wordTable{step: 1, ids: map[string]int32{}}
	rank := make([]int32, len(tokens)) // new provisional ids
	for place, n := range counts {
		if n <= below && !r.base.Has(tokens[place]) {
			rank[place] = LineEnd
			r.dropped.add(tokens[place])
			continue
		}
		k := int32(len(kept.tokens))
		rank[place], kept.ids[tokens[place]] = k, k
		kept.tokens, kept.counts = append(kept.tokens, tokens[place]), append(kept.counts, n)
	}
	c.dropped += len(tokens) - len(kept.tokens)
	c.droppedMax = max(c.droppedMax, below)
	ranks := renumber(tables, all, rank)
	tables[0] = kept
	for _, t := range tables[1:] {
		t.kept, t.keptWords, t.dropped = kept, int32(len(kept.tokens)), r.dropped
		t.ids, t.tokens, t.counts = map[string]int32{}, nil, nil
	}
	r.union, r.sizes = len(kept.tokens), len(kept.tokens)
	return c.ids.Rewrite(func(dst, ids []int32) ([]int32, error) {
		for _, id := range ids {
			if id != LineEnd {
				if id = ranks[id]; id == LineEnd {
					continue
				}
			}
			dst = append(dst, id)
		}
		return dst, nil
	})
}

// distinctWords returns the number of distinct words of all tables.
func distinctWords(tables []*wordTable) int {
	n := 0
	for i, t := range tables {
	words:
		for _, token := range t.tokens {
			for _, earlier := range tables[:i] {
				if _, ok := earlier.ids[token]; ok {
					continue words
				}
			}
			n++
		}
	}
	return n
}
