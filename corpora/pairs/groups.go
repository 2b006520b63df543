package pairs

import (
	"context"
	"slices"
)

// relatedTexts is the largest number of texts that are considered related because a chain of
// pairs joins them. Longer chains come from a text that goes with everything ("He died."); in
// them only direct pairs count.
const relatedTexts = 64

// textGroups records which texts belong together: anchors and positives joined by a chain of
// pairs, such as the captions of one picture, are a group. A single pair is not a group,
// because a batch never holds a text twice.
type textGroups struct {
	of     segments[int32] // group of the positive and of each negative of an example; 0: none
	large  int32           // the first group longer than relatedTexts
	direct []uint64        // pairs in large groups, see hashPair, in order
}

func hashPair(a, b uint64) uint64 { return fold(a^0x9e3779b97f4a7c15, b^0xb7e151628aed2a6b) }

// findGroups joins the texts of each pair (union-find, Tarjan 1975, with path halving).
func findGroups(ctx context.Context, p *Dataset) (*textGroups, error) {
	texts := make([]uint64, 0, 2*p.records.n)
	for _, f := range p.files {
		for i := range f.Examples {
			texts = append(texts, p.records.hashes.at(f.hash(i, 0)), p.records.hashes.at(f.hash(i, 1)))
		}
	}
	slices.Sort(texts)
	texts = slices.Compact(texts)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	parent := make([]int32, len(texts)) // of a root: minus the number of its texts
	for i := range parent {
		parent[i] = -1
	}
	root := func(i int32) int32 {
		for parent[i] >= 0 {
			if up := parent[parent[i]]; up >= 0 {
				parent[i] = up
			}
			i = parent[i]
		}
		return i
	}
	find := func(hash uint64) (int32, bool) {
		i, ok := slices.BinarySearch(texts, hash)
		return int32(i), ok
	}
	const several, numbered = 2, 3
	pairs := make([]uint8, len(texts)) // of a root, at most several
	for _, f := range p.files {
		for i := range f.Examples {
			a, _ := find(p.records.hashes.at(f.hash(i, 0)))
			b, _ := find(p.records.hashes.at(f.hash(i, 1)))
			if a, b = root(a), root(b); a != b {
				if parent[a] > parent[b] {
					a, b = b, a
				}
				parent[a] += parent[b]
				parent[b] = a
				pairs[a] += pairs[b]
			}
			pairs[a] = min(several, pairs[a]+1)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	// Roots become groups, small ones first, and then hold minus their number.
	g := &textGroups{}
	next := int32(1)
	for _, large := range []bool{false, true} {
		if large {
			g.large = next
		}
		for i := range parent {
			if parent[i] < 0 && pairs[i] == several && (parent[i] < -relatedTexts) == large {
				parent[i], pairs[i] = -next, numbered
				next++
			}
		}
	}
	group := func(text int32) int32 {
		if text = root(text); pairs[text] == numbered {
			return -parent[text]
		}
		return 0
	}
	for _, f := range p.files {
		f.groupBase = g.of.length()
		for i := range f.Examples {
			a, b := p.records.hashes.at(f.hash(i, 0)), p.records.hashes.at(f.hash(i, 1))
			text, _ := find(b)
			of := group(text)
			g.of.add(of)
			if of >= g.large {
				g.direct = append(g.direct, hashPair(a, b))
			}
			for c := 2; c < f.Columns; c++ {
				of := int32(0)
				if text, ok := find(p.records.hashes.at(f.hash(i, c))); ok {
					of = group(text)
				}
				g.of.add(of)
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	slices.Sort(g.direct)
	g.direct = slices.Compact(g.direct)
	return g, nil
}

// hash returns the index of the hash of a text of the file's i-th example.
func (f *File) hash(i int64, column int) int64 {
	return f.hashBase + i*int64(f.Columns) + int64(column)
}

// related reports whether two texts of a group are known to belong together.
func (g *textGroups) related(group int32, a, b uint64) bool {
	if group < g.large {
		return true
	}
	if _, ok := slices.BinarySearch(g.direct, hashPair(a, b)); ok {
		return true
	}
	_, ok := slices.BinarySearch(g.direct, hashPair(b, a))
	return ok
}
