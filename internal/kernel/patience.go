package kernel

import (
	"runtime"
	"time"
)

// lingering is how long a goroutine stays awake when it waits for others: longer than the work
// between two loops of a step, and shorter than a time slice of the operating system.
const lingering = 500 * time.Microsecond

// patience bounds a wait.
type patience struct{ since time.Time }

func newPatience() patience { return patience{time.Now()} }

// more lets other goroutines run and reports whether to wait on.
func (p patience) more() bool {
	runtime.Gosched()
	return time.Since(p.since) < lingering
}
