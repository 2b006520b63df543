package cli

import (
	"os"
	"runtime/debug"
)

// PatientCollector makes the garbage collector wait until some 16 MB have been allocated, unless the
// user has set GOGC, and returns what undoes it. Otherwise it would start several times while a small
// command opens its files, and each time wait for other programs to release a processor.
func PatientCollector() (restore func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	was := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(was) }
}
