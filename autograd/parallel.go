package autograd

import (
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"
)

// parallel calls fn for the parts [from, to) of 0…n that are block long, the last
// one shorter, on at most threads goroutines. The parts do not depend on the
// threads. A panic of fn is handed on to the caller.
func parallel(threads, n, block int, fn func(from, to int)) {
	parts := (n + block - 1) / block
	if threads = min(threads, parts); threads <= 1 {
		for from := 0; from < n; from += block {
			fn(from, min(from+block, n))
		}
		return
	}
	var next atomic.Int64
	p := pool.New()
	for range threads {
		p.Go(func() {
			for {
				part := int(next.Add(1)) - 1
				if part >= parts {
					return
				}
				fn(part*block, min((part+1)*block, n))
			}
		})
	}
	p.Wait()
}
