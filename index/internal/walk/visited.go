package walk

import "slices"

// Visited is the set of nodes that a walk has seen, as a bitmap in the order of
// slots. The first bit represents the empty slot, which always counts as seen. A
// bitmap is small enough for the processor's caches, unlike an array of version
// stamps; clearing it costs less than the cache misses would.
type Visited struct {
	words   []uint64
	touched []ID // added since the last Start
	limit   int  // higher ids are ignored: the links of an unchecked file may be wrong
}

// Start empties the set and makes room for n nodes.
func (v *Visited) Start(n int) {
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
	v.limit = MaxNodes
	v.words[0] = 1
}

// Clear empties the set, which is confined as before.
func (v *Visited) Clear() {
	limit := v.limit
	v.Start(0)
	v.limit = limit
}

// Add adds n to the set and reports whether it is new.
func (v *Visited) Add(n ID) bool {
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

// Has reports whether n is in the set, or is ignored.
func (v *Visited) Has(n ID) bool {
	s := int(n) + 1
	return s > v.limit || s>>6 < len(v.words) && v.words[s>>6]>>(s&63)&1 != 0
}

// AppendNew adds the nodes of slots to the set and appends the new ones to dst. About
// half of them are new, unpredictably, so it avoids branching on that.
func (v *Visited) AppendNew(dst []ID, slots []Slot) []ID {
	from := len(dst)
	count := from
	dst = slices.Grow(dst, len(slots))[:count+len(slots)]
	words := v.words
	for i := range slots {
		n := slots[i].Load()
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
func (v *Visited) grow(n int) {
	words := (n + n/4 + 63) >> 6
	v.words = append(v.words, make([]uint64, words-len(v.words))...)
}

// Confine makes the set ignore nodes from n on until the next Start.
func (v *Visited) Confine(n int) { v.limit = n }
