package kernel

import (
	"math"
	"math/bits"
)

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

// KeysUpTo stores in dst the keys that are at most most, in order, and returns their number. The key of a distance and an
// id, which is not negative, orders like both: the upper half has the bits of the distance, of which negative numbers
// are complemented and others have the highest bit set; the lower half is the id. It panics with PanicLength if there are more
// ids than distances, or if dst has not 8 places more than there are ids.
func KeysUpTo(dst []uint64, distances []float32, ids []int32, most uint64) int {
	if len(distances) < len(ids) || len(dst) < len(ids)+8 {
		panic(PanicLength)
	}
	if len(ids) == 0 {
		return 0
	}
	return keysUpTo(dst, distances, ids, most)
}

func keysUpToGo(dst []uint64, distances []float32, ids []int32, most uint64) int {
	n := 0
	for i, id := range ids {
		b := math.Float32bits(distances[i])
		b ^= uint32(int32(b)>>31) | 1<<31
		dst[n] = uint64(b)<<32 | uint64(uint32(id))
		_, more := bits.Sub64(most, dst[n], 0)
		n += 1 - int(more)
	}
	return n
}
