package index

import "slices"

// visited is the set of nodes that a walk has seen, as a bitmap in the order of
// slots. The first bit is that of an empty slot, which always counts as seen. A
// bitmap is small enough for the processor's caches, unlike an array of version
// stamps; clearing it costs less than the cache misses would.
type visited struct {
	words   []uint64
	touched []id // added since the last start
	limit   int  // higher ids are ignored: the links of an unchecked file may be wrong
}

// start empties the set and makes room for n nodes.
func (v *visited) start(n int) {
	// A few nodes are cleared one by one, many by clearing everything.
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

// add adds n to the set and reports whether it is new.
func (v *visited) add(n id) bool {
	s := int(n) + 1
	if s >= len(v.words)<<6 {
		v.grow(s + 1) // n was added to the index after the walk began
	}
	bit := uint64(1) << (s & 63)
	if v.words[s>>6]&bit != 0 {
		return false
	}
	v.words[s>>6] |= bit
	v.touched = append(v.touched, n)
	return true
}

// appendNew adds the nodes of slots to the set and appends the new ones to dst. About
// half of them are new, unpredictably, so it avoids branching on that.
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

// confine makes the set ignore nodes from n on until the next start.
func (v *visited) confine(n int) { v.limit = n }
