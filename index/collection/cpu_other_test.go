//go:build !unix

package collection

import "time"

var started = time.Now()

// cpuTime returns the time that has passed, where the processor time of the process is not known.
func cpuTime() time.Duration { return time.Since(started) }
