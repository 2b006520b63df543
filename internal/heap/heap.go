// Package heap provides a binary heap of values that define their own order.
//
// Unlike container/heap it stores the values directly, not as interface values, so that
// pushing and popping allocate only when the slice grows.
package heap

// Ordered is implemented by types whose values can be ordered.
type Ordered[T any] interface {
	// Before reports whether the value leaves the heap before another one.
	Before(other T) bool
}

// A Heap is a binary heap. Its first element is the next one to be popped. The zero Heap is
// empty; h[:0] empties a Heap and keeps its memory.
type Heap[T Ordered[T]] []T

// Push adds x.
func (h *Heap[T]) Push(x T) {
	s := append(*h, x)
	*h = s
	i := len(s) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !x.Before(s[up]) {
			break
		}
		s[i] = s[up]
		i = up
	}
	s[i] = x
}

// Pop removes the first element and returns it. The heap must not be empty.
func (h *Heap[T]) Pop() T {
	s := *h
	first, last := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) > 0 {
		s.Replace(last)
	}
	return first
}

// Replace replaces the first element with x. It is faster than Pop and Push. The heap must not
// be empty.
func (h Heap[T]) Replace(x T) {
	i := 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].Before(h[child]) {
			child++
		}
		if !h[child].Before(x) {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = x
}
