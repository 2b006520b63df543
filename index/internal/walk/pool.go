package walk

import (
	"math/bits"
	"slices"
	"unsafe"

	"github.com/luminavec/luminavec/internal/kernel"
)

// A Pool is a bounded list of candidates in order of their distances, of which a walk expands the nearest not
// yet expanded until all are. Each candidate is added once. Of estimates, a candidate can be offered
// several times, and stays with the lowest. Rarely, one is then there twice: if others were offered between, or
// if it ties with another.
type Pool struct {
	keys  []Key // in increasing order of distance; expanded ones with the bit
	most  int
	reach int   // of the nearest are expanded
	next  int   // all before it are expanded
	known []Key // the lowest keys of candidates offered lately, at the low bits of their ids
	wider bool  // than at the start: what was displaced may fit again
	far   Key   // the pool does not add what is farther if it has the least candidates
	least int
	fresh []Key // of AddAll
}

// expanded marks a key; ids are below 1<<31.
const expanded = Key(1) << 31

// These bound the number of candidates whose estimates are known.
const (
	minKnown = 1 << 8
	maxKnown = 1 << 13
)

// Start empties the pool and sets the number of candidates that it holds, to which Add adds.
func (p *Pool) Start(most int) {
	p.keys, p.most, p.reach, p.next, p.wider = slices.Grow(p.keys[:0], most+1), most, most, 0, false
	p.far, p.least = ^Key(0), most
}

// StartOffers is Start for estimates, which Offer offers.
func (p *Pool) StartOffers(most int) {
	p.Start(most)
	known := min(max(minKnown, 1<<bits.Len(uint(8*most))), maxKnown)
	p.known = slices.Grow(p.known[:0], known)[:known]
	for i := range p.known {
		p.known[i] = ^Key(0) // of None
	}
}

// Widen raises the number of candidates that the pool holds.
func (p *Pool) Widen(most int) {
	p.keys, p.most, p.reach, p.wider = slices.Grow(p.keys, max(0, most+1-len(p.keys))), most, most, true
}

// Reach limits what Next returns and AppendTo appends to the nearest candidates; the others are kept for a
// wider reach.
func (p *Pool) Reach(reach int) { p.reach = min(reach, p.most) }

// Within makes the pool remove, and not add, candidates farther than d, except for the nearest least.
func (p *Pool) Within(d float32, least int) {
	p.far, p.least = NewKey(d, None), min(least, p.most)
	n := len(p.keys)
	for n > p.least && p.keys[n-1] > p.far {
		n--
	}
	p.keys = p.keys[:n]
	p.next = min(p.next, n)
}

// Nearest returns the k-th nearest candidate, k from 1. It reports false if there are fewer.
func (p *Pool) Nearest(k int) (Key, bool) {
	if len(p.keys) < k {
		return 0, false
	}
	return p.keys[k-1] &^ expanded, true
}

// Limit returns the distance from which on the pool does not add candidates. It reports false if it adds all.
func (p *Pool) Limit() (float32, bool) {
	switch n := len(p.keys); {
	case n == p.most:
		return p.keys[n-1].Distance(), true
	case n >= p.least && p.far != ^Key(0):
		return p.far.Distance(), true
	}
	return 0, false
}

// AddAll adds ids at distances, as Add does, and returns the keys that it added, which are valid until the next call.
func (p *Pool) AddAll(ids []ID, distances []float32) []Key {
	p.fresh = slices.Grow(p.fresh[:0], len(ids)+8)[:len(ids)+8]
	most := ^Key(0)
	if n := len(p.keys); n == p.most {
		most = p.keys[n-1]
	} else if n >= p.least {
		most = p.far
	}
	near := p.fresh[:kernel.KeysUpTo(asWords(p.fresh), distances, AsInt32(ids), uint64(most))]
	added := near[:0]
	for _, k := range near {
		if p.Add(k) {
			added = append(added, k)
		}
	}
	return added
}

// Add adds k, which takes the place of the farthest if the pool is full, and reports whether it did: not if k is
// farther.
func (p *Pool) Add(k Key) bool {
	n := len(p.keys)
	if n == p.most && k >= p.keys[n-1] || k > p.far && n >= p.least {
		return false
	}
	p.insert(k)
	return true
}

// insert adds k, which is nearer than the farthest if the pool is full.
func (p *Pool) insert(k Key) {
	n := len(p.keys)
	if n == p.most {
		n--
	}
	p.keys = p.keys[:n+1]
	at := kernel.InsertSorted(asWords(p.keys), n, uint64(k))
	p.next = min(p.next, at)
}

func asWords(keys []Key) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(keys))), len(keys))
}

// Offer adds k, which takes the place of the farthest if the pool is full, unless k is farther or its
// candidate has a lower key. The candidate must not be expanded.
func (p *Pool) Offer(k Key) {
	keys := p.keys
	n := len(keys)
	if n == p.most && k >= keys[n-1] || k > p.far && n >= p.least {
		return
	}
	known := &p.known[uint32(k)&uint32(len(p.known)-1)]
	if last := *known; last.ID() == k.ID() {
		if last <= k && n == p.most && !p.wider {
			return // it is in the pool, or was displaced from it and is too far
		}
		if old := rank(keys, last); old < n && keys[old] == last {
			if last > k {
				at := rank(keys[:old], k)
				copy(keys[at+1:old+1], keys[at:old])
				keys[at] = k
				p.next = min(p.next, at)
				*known = k
			}
			return
		}
	}
	*known = k
	p.insert(k)
}

// rank returns the number of keys before k, without a branch on the comparisons, which are unpredictable.
func rank(keys []Key, k Key) int {
	at := uint(0)
	for left := uint(len(keys)); left > 0; {
		half := (left + 1) >> 1
		_, before := bits.Sub64(uint64(keys[at+half-1]), uint64(k), 0)
		at += half & -uint(before)
		left -= half
	}
	return int(at)
}

// Next returns the nearest candidate that is not expanded, and marks it.
func (p *Pool) Next() (Key, bool) {
	for p.next < min(len(p.keys), p.reach) {
		k := p.keys[p.next]
		if k&expanded == 0 {
			p.keys[p.next] |= expanded
			p.next++
			return k, true
		}
		p.next++
	}
	return 0, false
}

// Full reports whether the pool holds as many candidates as its reach.
func (p *Pool) Full() bool { return len(p.keys) >= p.reach }

// AppendTo appends the candidates to heap, the farthest first, and empties the pool.
func (p *Pool) AppendTo(heap Heap) Heap {
	for i := min(len(p.keys), p.reach) - 1; i >= 0; i-- {
		heap = append(heap, p.keys[i]&^expanded)
	}
	p.keys = p.keys[:0]
	return heap
}
