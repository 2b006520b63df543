package index

import "slices"

// visited is the set of nodes that a walk has seen: a bit for each node, in the
// order of slots. The first bit is that of an empty slot, which always counts as
// seen. A bitmap is small enough to stay in the processor's caches, which numbers
// of walks in the place of bits are not; that it must be cleared costs less.
type visited struct {
	words   []uint64
	touched []id // with a bit of their own, since the last start
	limit   int  // nodes from here on are no nodes: in a file that nobody has checked
}

// start empties the set, with room for n nodes.
func (v *visited) start(n int) {
	// A few nodes are cleared one by one, many with all that there are.
	if len(v.touched) < len(v.words)/16 {
		for _, n := range v.touched {
			v.words[(n+1)>>6] = 0
		}
	} else {
		clear(v.words)
	}
	v.touched = v.touched[:0]
	if n+1 > len(v.words)<<6 {
		v.grow(n + 1)
	}
	v.limit = maxNodes
	v.words[0] = 1
}

// add puts n in the set and says whether it is new there.
func (v *visited) add(n id) bool {
	s := int(n) + 1
	if s >= len(v.words)<<6 {
		v.grow(s + 1) // added to the index after the walk began
	}
	bit := uint64(1) << (s & 63)
	if v.words[s>>6]&bit != 0 {
		return false
	}
	v.words[s>>6] |= bit
	v.touched = append(v.touched, n)
	return true
}

// appendNew puts the nodes of slots in the set and appends those new there to dst.
// Half of them are, at random, so there is no branch on it.
func (v *visited) appendNew(dst []id, slots []slot) []id {
	from := len(dst)
	count := from
	dst = slices.Grow(dst, len(slots))[:count+len(slots)]
	words := v.words
	for i := range slots {
		n := load(&slots[i])
		s := uint(int(n) + 1)
		if s>>6 >= uint(len(words)) || s > uint(v.limit) {
			if s > uint(v.limit) {
				continue
			}
			v.grow(int(s) + 1)
			words = v.words
		}
		dst[count] = n
		w := words[s>>6]
		words[s>>6] = w | 1<<(s&63)
		count += int(^w >> (s & 63) & 1)
	}
	v.touched = append(v.touched, dst[from:count]...)
	return dst[:count]
}

// grow makes room for n bits.
func (v *visited) grow(n int) {
	words := (n + n/4 + 63) >> 6
	v.words = append(v.words, make([]uint64, words-len(v.words))...)
}

// confine leaves nodes from n on out of all sets until the next start.
func (v *visited) confine(n int) { v.limit = n }
