package rows

import (
	"cmp"
	"slices"
	"sync"
)

// order finds ids by label in rows that are used where a file has them, whose table of labels is not filled.
type order struct {
	once sync.Once
	ids  []id // in the order of their labels; nil if that is their own order
}

// Find returns the id of a label, or walk.None, in rows that were not changed since they were mapped. The
// caller holds Mu. The first call sorts the labels, unless they are in order, as those of an index that was filled once.
func (r *Rows) Find(label int64) id {
	n := int(r.Reserved.Load())
	r.order.once.Do(func() {
		for i := 1; i < n; i++ {
			if r.Label(id(i-1)) >= r.Label(id(i)) {
				r.order.ids = make([]id, n)
				break
			}
		}
		for i := range r.order.ids {
			r.order.ids[i] = id(i)
		}
		slices.SortFunc(r.order.ids, func(a, b id) int { return cmp.Compare(r.Label(a), r.Label(b)) })
	})
	at := func(i int) id {
		if r.order.ids != nil {
			return r.order.ids[i]
		}
		return id(i)
	}
	low, high := 0, n
	if n > 0 { // labels often have no gaps
		if guess := label - r.Label(at(0)); guess >= 0 && guess < int64(n) && r.Label(at(int(guess))) == label {
			return at(int(guess))
		}
	}
	for low < high {
		middle := int(uint(low+high) >> 1)
		if r.Label(at(middle)) < label {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < n && r.Label(at(low)) == label {
		return at(low)
	}
	return none
}
