// Package parallel divides loops among goroutines.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/sourcegraph/conc/panics"
)

// For calls fn for each part [from, to) of the range [0, n). Parts have length block; the
// last one may be shorter. Up to threads goroutines share the parts, but no more than GOMAXPROCS.
// The parts do not depend on threads, so a sum taken part by part does not either. A panic in fn
// reaches the caller.
//
// The caller is one of the goroutines and waits only for parts that others have begun, so a loop
// inside a loop, or one whose helpers are late, still ends.
func For(threads, n, block int, fn func(from, to int)) {
	parts := (n + block - 1) / block
	if threads = min(threads, parts); threads > 1 {
		threads = min(threads, runtime.GOMAXPROCS(0))
	}
	if threads <= 1 {
		for from := 0; from < n; from += block {
			fn(from, min(from+block, n))
		}
		return
	}
	l := &loop{fn: fn, n: n, block: block, parts: int64(parts)}
	l.wait.Add(1)
	helpers.recruit(threads-1, l)
	l.work()
	l.finish()
	l.caught.Repanic()
}

// loop is a call of For.
type loop struct {
	fn       func(from, to int)
	n, block int
	parts    int64
	caught   panics.Catcher
	wait     sync.WaitGroup // until all parts are done

	_    [64]byte // written by all goroutines
	next atomic.Int64
	done atomic.Int64
	_    [64]byte
}

// work does parts until none is left.
func (l *loop) work() {
	for l.next.Load() < l.parts {
		l.caught.Try(l.take)
	}
}

func (l *loop) take() {
	for {
		part := l.next.Add(1) - 1
		if part >= l.parts {
			return
		}
		l.do(int(part))
	}
}

func (l *loop) do(part int) {
	defer func() {
		if l.done.Add(1) == l.parts {
			l.wait.Done()
		}
	}()
	l.fn(part*l.block, min((part+1)*l.block, l.n))
}

// finish waits for the parts of other goroutines.
func (l *loop) finish() {
	for p := newPatience(); l.done.Load() < l.parts && p.more(); {
	}
	l.wait.Wait()
}

// helpers are the goroutines that take part in loops. Training consists of short loops, one after
// the other. To wake a sleeping thread for each of them takes as long as some of the loops, and the
// operating system may wake it on the processor that the caller occupies, where it waits for
// milliseconds although another is free. So a helper that has nothing to do first lingers: it stays
// awake for a while, and yields to all other goroutines.
var helpers = team{calls: make(chan *loop, 1<<10)}

type team struct {
	size  atomic.Int64
	calls chan *loop // a loop is in it once for each helper that it could use
}

// recruit calls up to n helpers to l. There are fewer helpers than processors, whatever calls them:
// their callers work too.
func (t *team) recruit(n int, l *loop) {
	most := int64(runtime.GOMAXPROCS(0) - 1)
	for range n {
		select {
		case t.calls <- l:
		default:
			return // all are busy
		}
		if t.size.Load() < most {
			t.size.Add(1)
			go t.help()
		}
	}
}

func (t *team) help() {
	for {
		for p := newPatience(); ; {
			select {
			case l := <-t.calls:
				l.work()
				p = newPatience()
				continue
			default:
			}
			if !p.more() {
				break
			}
		}
		// A call that came meanwhile has counted on this helper.
		t.size.Add(-1)
		if len(t.calls) == 0 {
			return
		}
		t.size.Add(1)
	}
}
