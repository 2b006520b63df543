// Package topk keeps the best hits of a search.
package topk

import "github.com/luminavec/luminavec/internal/heap"

// A Hit is a candidate for the results.
type Hit struct {
	Distance float32
	Label    int64
}

// Before reports whether a comes after b in the results, so that a heap has the worst
// hit first.
func (a Hit) Before(b Hit) bool {
	return a.Distance > b.Distance || a.Distance == b.Distance && a.Label > b.Label
}

// A List keeps the K best hits offered to it.
type List struct {
	K    int
	Hits heap.Heap[Hit]
}

// Reset empties the list.
func (l *List) Reset(k int) { l.K, l.Hits = k, l.Hits[:0] }

// Offer adds h if it is among the K best.
func (l *List) Offer(h Hit) {
	if len(l.Hits) < l.K {
		l.Hits.Push(h)
	} else if l.Hits[0].Before(h) {
		l.Hits.Replace(h)
	}
}
