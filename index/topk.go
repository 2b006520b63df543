package index

import (
	"slices"

	"github.com/luminavec/luminavec/internal/heap"
)

// A hit is a candidate for the results.
type hit struct {
	distance float32
	label    int64
}

// Before reports whether a comes after b in the results, so that a heap has the worst
// hit first.
func (a hit) Before(b hit) bool {
	return a.distance > b.distance || a.distance == b.distance && a.label > b.label
}

// topK keeps the k best hits offered to it.
type topK struct {
	k    int
	hits heap.Heap[hit]
}

func (t *topK) reset(k int) { t.k, t.hits = k, t.hits[:0] }

func (t *topK) offer(h hit) {
	if len(t.hits) < t.k {
		t.hits.Push(h)
	} else if t.hits[0].Before(h) {
		t.hits.Replace(h)
	}
}

// appendResults empties t and appends its hits to dst, best first, except for those that
// do not reach the threshold, if there is one.
func (t *topK) appendResults(dst []Result, m Metric, threshold *float32) []Result {
	for threshold != nil && len(t.hits) > 0 && !m.reaches(m.score(t.hits[0].distance), *threshold) {
		t.hits.Pop()
	}
	from := len(dst)
	dst = slices.Grow(dst, len(t.hits))[:from+len(t.hits)]
	for n := len(dst) - 1; n >= from; n-- {
		worst := t.hits.Pop()
		dst[n] = Result{Label: worst.label, Score: m.score(worst.distance)}
	}
	// Different distances can give equal scores, because of rounding.
	for n := from + 1; n < len(dst); n++ {
		for i := n; i > from && dst[i].Score == dst[i-1].Score && dst[i].Label < dst[i-1].Label; i-- {
			dst[i], dst[i-1] = dst[i-1], dst[i]
		}
	}
	return dst
}
