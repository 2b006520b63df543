package parallel

import (
	"runtime"
	"time"
)

// lingering is how long a goroutine stays awake when it waits for others: longer than the work
// between two loops of a step, and shorter than a time slice of the operating system.
const lingering = 500 * time.Microsecond

// insisting is how long it does so even if other threads wait for its processor.
const insisting = 50 * time.Microsecond

// patience bounds a wait.
type patience struct{ since time.Time }

func newPatience() patience { return patience{time.Now()} }

// more lets other goroutines run, and after a while other threads too, and reports whether to wait on.
func (p patience) more() bool {
	runtime.Gosched()
	waited := time.Since(p.since)
	if waited > insisting {
		yieldProcessor()
	}
	return waited < lingering
}
