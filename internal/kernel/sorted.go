package kernel

import "math/bits"

// InsertSorted inserts key into keys, whose first n are in increasing order, before the first that is not less, and
// returns its place. If they are not quite in order, it is somewhere among them, and no key is lost. It panics with
// PanicLength unless keys has more than n.
func InsertSorted(keys []uint64, n int, key uint64) int {
	if n < 0 || len(keys) <= n {
		panic(PanicLength)
	}
	return insertSorted(keys, n, key)
}

func insertSortedGo(keys []uint64, n int, key uint64) int {
	at := uint(0) // the number of keys before it, without a branch on the comparisons, which are unpredictable
	for left := uint(n); left > 0; {
		half := (left + 1) >> 1
		_, before := bits.Sub64(keys[at+half-1], key, 0)
		at += half & -uint(before)
		left -= half
	}
	copy(keys[at+1:n+1], keys[at:n])
	keys[at] = key
	return int(at)
}
