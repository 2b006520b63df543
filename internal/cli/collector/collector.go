// Package collector makes the garbage collector wait until 32 MB have been allocated, unless the user has set
// GOGC; afterwards it works as usual. Otherwise it would start several times while a small command starts and
// opens its files, and each time wait for other programs to release a processor. The package imports little, so that it is
// initialized before most others, which allocate some megabytes.
package collector

import (
	"os"
	"runtime"
	"runtime/debug"
)

func init() {
	if os.Getenv("GOGC") == "" {
		wait()
	}
}

func wait() {
	was := debug.SetGCPercent(800)
	runtime.AddCleanup(new([16]byte), func(was int) { debug.SetGCPercent(was) }, was) // when it has run once
}
