//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package durable

import "os"

// renamesOpen is false: this system cannot rename an open file.
const renamesOpen = false

// claim does nothing: either this system cannot remove open files, or leftovers are recognized
// by their age.
func claim(f *os.File, temp string) bool { return true }

// claimFolder returns nil: an open folder could not be renamed.
func claimFolder(temp string) (*os.File, error) { return nil, nil }

// removeAbandoned removes temp if it was not modified for a day.
func removeAbandoned(temp string) {
	if olderThan(temp, abandonedAge) {
		os.RemoveAll(temp)
	}
}
