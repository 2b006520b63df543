// Package epoch lends objects to goroutines and knows when all that were lent before a moment are
// back (epoch-based reclamation, Fraser 2004, "Practical lock-freedom"). If every goroutine that
// reads shared data holds an object of a [Pool], what nothing refers to anymore can be reused once
// Oldest has reached the epoch that Advance returned when it was unlinked:
//
//	epoch 0   reader A gets an object, finds x
//	          x is unlinked; Advance returns 1
//	epoch 1   reader B gets an object; it cannot find x
//	          A puts its object back; Oldest returns 1: x can be reused
package epoch

import (
	"runtime"
	"sync"
)

// Lent is embedded in the objects of a pool.
type Lent struct {
	epoch uint64 // of the pool when it was lent
	place int    // in the pool's list of lent ones
}

func (l *Lent) lent() *Lent { return l }

// A Pool lends objects of type T, pointers to structs that embed Lent. It keeps a few for each
// processor and leaves the rest to the garbage collector; unlike sync.Pool it keeps them through
// a collection.
type Pool[T interface{ lent() *Lent }] struct {
	New func() T // makes an object

	mu    sync.Mutex
	free  []T
	out   []T
	epoch uint64
}

// Get lends an object.
func (p *Pool[T]) Get() T {
	p.mu.Lock()
	defer p.mu.Unlock()
	var x T
	if n := len(p.free); n > 0 {
		x = p.free[n-1]
		p.free = p.free[:n-1]
	} else {
		x = p.New()
	}
	*x.lent() = Lent{p.epoch, len(p.out)}
	p.out = append(p.out, x)
	return x
}

// Put takes an object back.
func (p *Pool[T]) Put(x T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	place, last := x.lent().place, len(p.out)-1
	p.out[place] = p.out[last]
	p.out[place].lent().place = place
	p.out[last] = *new(T)
	p.out = p.out[:last]
	if len(p.free) < 4*runtime.GOMAXPROCS(0) {
		p.free = append(p.free, x)
	}
}

// Renew is equivalent to putting x back and getting it again.
func (p *Pool[T]) Renew(x T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x.lent().epoch = p.epoch
}

// Advance begins a new epoch and returns it.
func (p *Pool[T]) Advance() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.epoch++
	return p.epoch
}

// Oldest returns the earliest epoch of the objects that are lent, or else the present one.
func (p *Pool[T]) Oldest() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	oldest := p.epoch
	for _, x := range p.out {
		oldest = min(oldest, x.lent().epoch)
	}
	return oldest
}
