package index

import (
	"math"
	"slices"
)

// A key is a distance and an id in one word that compares as (distance, id):
// the heaps of the walk compare and move a single integer.
type key uint64

// newKey packs d and n. The bits of a float32 order like an unsigned integer
// once the sign bit is flipped, and all bits of negative numbers.
func newKey(d float32, n id) key {
	b := math.Float32bits(d)
	b ^= uint32(int32(b)>>31) | 1<<31
	return key(b)<<32 | key(uint32(n))
}

func (k key) id() id { return id(uint32(k)) }

func (k key) distance() float32 {
	b := uint32(k >> 32)
	if b&(1<<31) != 0 {
		b ^= 1 << 31
	} else {
		b = ^b
	}
	return math.Float32frombits(b)
}

// keyHeap is a binary heap with its greatest key first. As a min-heap it holds
// complemented keys.
type keyHeap []key

func (h *keyHeap) push(k key) {
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

func (h *keyHeap) pop() key {
	s := *h
	top, last := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) > 0 {
		s.sink(last)
	}
	return top
}

// replace is push of k after pop of the greatest.
func (h keyHeap) replace(k key) { h.sink(k) }

// sink puts k where the top was and restores the order. The hole goes down to a
// leaf first, along the greater children, and k up from there: it seldom goes far,
// and on the way down there is nothing for the processor to guess (Wegener 1993,
// "Bottom-up heapsort").
func (h keyHeap) sink(k key) {
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

// A hit is a candidate for the result.
type hit struct {
	distance float32
	label    int64
}

// worse says that a comes after b in a result.
func (a hit) worse(b hit) bool {
	return a.distance > b.distance || a.distance == b.distance && a.label > b.label
}

// topK keeps the k best hits offered to it: a binary heap with the worst first.
type topK struct {
	k    int
	hits []hit
}

func (t *topK) reset(k int) { t.k, t.hits = k, t.hits[:0] }

func (t *topK) offer(c hit) {
	s := t.hits
	if len(s) < t.k {
		s = append(s, c)
		i := len(s) - 1
		for i > 0 && c.worse(s[(i-1)/2]) {
			s[i] = s[(i-1)/2]
			i = (i - 1) / 2
		}
		s[i] = c
		t.hits = s
		return
	}
	if s[0].worse(c) {
		t.sink(c)
	}
}

func (t *topK) sink(c hit) {
	s, i := t.hits, 0
	for {
		child := 2*i + 1
		if child >= len(s) {
			break
		}
		if child+1 < len(s) && s[child+1].worse(s[child]) {
			child++
		}
		if !s[child].worse(c) {
			break
		}
		s[i] = s[child]
		i = child
	}
	s[i] = c
}

// appendResults empties the heap into dst, best first, but for the hits that do
// not reach the threshold, where there is one.
func (t *topK) appendResults(dst []Result, m Metric, threshold *float32) []Result {
	for threshold != nil && len(t.hits) > 0 && !m.reaches(m.score(t.hits[0].distance), *threshold) {
		t.pop()
	}
	from := len(dst)
	dst = slices.Grow(dst, len(t.hits))[:from+len(t.hits)]
	for n := len(dst) - 1; n >= from; n-- {
		worst := t.pop()
		dst[n] = Result{Label: worst.label, Score: m.score(worst.distance)}
	}
	// Different distances may have one square root, or lie beyond 1 by rounding.
	for n := from + 1; n < len(dst); n++ {
		for i := n; i > from && dst[i].Score == dst[i-1].Score && dst[i].Label < dst[i-1].Label; i-- {
			dst[i], dst[i-1] = dst[i-1], dst[i]
		}
	}
	return dst
}

// pop takes the worst hit.
func (t *topK) pop() hit {
	n := len(t.hits) - 1
	worst, last := t.hits[0], t.hits[n]
	t.hits = t.hits[:n]
	if n > 0 {
		t.sink(last)
	}
	return worst
}
