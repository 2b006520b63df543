package kernel

import (
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"
)

// Parallel calls fn for each part [from, to) of the range [0, n). Parts have length block; the
// last one may be shorter. Up to threads goroutines share the parts. The parts do not depend
// on threads, so a sum taken part by part does not either. A panic in fn reaches the caller.
func Parallel(threads, n, block int, fn func(from, to int)) {
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
