package walk

import (
	"math"
	"slices"
)

// A Key is a distance and an id in one word that compares like (distance, id), so that
// the heaps of the walk compare and move single integers.
type Key uint64

// NewKey packs d and n. The bits of a float32 order like an unsigned integer after the
// sign bit is flipped, and all bits of negative numbers.
func NewKey(d float32, n ID) Key {
	b := math.Float32bits(d)
	b ^= uint32(int32(b)>>31) | 1<<31
	return Key(b)<<32 | Key(uint32(n))
}

// ID returns the id.
func (k Key) ID() ID { return ID(uint32(k)) }

// Distance returns the distance.
func (k Key) Distance() float32 {
	b := uint32(k >> 32)
	if b&(1<<31) != 0 {
		b ^= 1 << 31
	} else {
		b = ^b
	}
	return math.Float32frombits(b)
}

// AppendSorted appends keys to dst, which is empty, in increasing order. That takes little time if they are nearly in
// decreasing order.
func AppendSorted(dst, keys []Key) []Key {
	moves := 0 // of keys by one place
	for i := len(keys) - 1; i >= 0; i-- {
		k, at := keys[i], len(dst)
		dst = append(dst, k)
		for ; at > 0 && dst[at-1] > k; at-- {
			dst[at] = dst[at-1]
			moves++
		}
		dst[at] = k
		if moves > 16*len(keys) {
			dst = append(dst, keys[:i]...)
			slices.Sort(dst)
			break
		}
	}
	return dst
}

// A Heap is a binary heap with its greatest key first. A heap of complemented keys has
// the smallest first.
//
// It is not a heap.Heap of package internal/heap because a walk spends much of its time here: keys are compared
// inline, without a call to a method, and sink has no unpredictable branch.
type Heap []Key

// Push adds k.
func (h *Heap) Push(k Key) {
	s := append(*h, k)
	*h = s
	i := len(s) - 1
	for i > 0 {
		up := (i - 1) / 2
		if s[up] >= k {
			break
		}
		s[i] = s[up]
		i = up
	}
	s[i] = k
}

// Pop removes the first key and returns it.
func (h *Heap) Pop() Key {
	s := *h
	top, last := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) > 0 {
		s.sink(last)
	}
	return top
}

// Replace puts k in the place of the first key.
func (h Heap) Replace(k Key) { h.sink(k) }

// sink puts k in the place of the top and restores the order. The hole first moves down
// to a leaf along the greater children, and then k moves up from there: it rarely moves
// far, and the way down has no branches to predict (Wegener 1993, "Bottom-up heapsort").
func (h Heap) sink(k Key) {
	i := 0
	for right := 2; right < len(h); right = 2*i + 2 {
		a, b := h[right-1], h[right]
		first := 0
		if a > b {
			first = 1
		}
		h[i] = max(a, b)
		i = right - first
	}
	if left := 2*i + 1; left < len(h) {
		h[i] = h[left]
		i = left
	}
	for i > 0 {
		up := (i - 1) / 2
		if h[up] >= k {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = k
}
