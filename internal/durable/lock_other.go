//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package durable

import "os"

// renamesOpen: an open file cannot be renamed here.
const renamesOpen = false

// claim has nothing to lock: open files cannot be removed here, or leftovers
// are told by their age.
func claim(f *os.File, temp string) bool { return true }

// removeAbandoned removes temp when it has not changed for a day.
func removeAbandoned(temp string) {
	if olderThan(temp, abandonedAge) {
		os.RemoveAll(temp)
	}
}
