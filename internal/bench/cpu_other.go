//go:build !unix

package main

import "time"

// cpuTime returns 0: the processor time of the process is not known.
func cpuTime() time.Duration { return 0 }
