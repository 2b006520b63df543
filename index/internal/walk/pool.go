package walk

import (
	"math/bits"
	"slices"
)

// A Pool is a bounded list of candidates in order of their distances, of which a walk expands the nearest
// not yet expanded until all are.
type Pool struct {
	keys []Key // in increasing order of distance; expanded ones with the bit
	most int
	next int // all before it are expanded
}

// expanded marks a key; ids are below 1<<31.
const expanded = Key(1) << 31

// Start empties the pool and sets the number of candidates that it holds.
func (p *Pool) Start(most int) {
	p.keys, p.most, p.next = slices.Grow(p.keys[:0], most+1), most, 0
}

// Widen raises the number of candidates that the pool holds.
func (p *Pool) Widen(most int) {
	p.keys, p.most = slices.Grow(p.keys, most+1-len(p.keys)), most
}

// Limit returns the greatest distance in a full pool. It reports false if the pool is not full.
func (p *Pool) Limit() (float32, bool) {
	if len(p.keys) < p.most {
		return 0, false
	}
	return p.keys[len(p.keys)-1].Distance(), true
}

// Offer adds k, which takes the place of the farthest if the pool is full, unless k is farther.
func (p *Pool) Offer(k Key) {
	keys := p.keys
	n := len(keys)
	if n == p.most {
		if k >= keys[n-1] {
			return
		}
		n--
	}
	// The number of keys before k, without a branch on the comparisons, which are unpredictable.
	at := 0
	for left := uint(n); left > 0; {
		half := (left + 1) >> 1
		_, before := bits.Sub64(uint64(keys[uint(at)+half-1]), uint64(k), 0)
		at += int(half & -uint(before))
		left -= half
	}
	keys = keys[:n+1]
	copy(keys[at+1:], keys[at:n])
	keys[at] = k
	p.keys = keys
	p.next = min(p.next, at)
}

// Next returns the nearest candidate that is not expanded, and marks it.
func (p *Pool) Next() (Key, bool) {
	for p.next < len(p.keys) {
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

// Peek returns the id of what Next will return, or None.
func (p *Pool) Peek() ID {
	for i := p.next; i < len(p.keys); i++ {
		if p.keys[i]&expanded == 0 {
			return p.keys[i].ID()
		}
	}
	return None
}
