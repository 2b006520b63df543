//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package durable

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// renamesOpen: a file or folder can be renamed while it is open, so its lock
// covers the rename too.
const renamesOpen = true

// claim locks a new temporary file or folder for as long as f stays open and
// reports false when a sweep got hold of it first. Where the file system
// has no locks the claim is taken as given.
func claim(f *os.File, temp string) bool {
	if errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK) {
		return false
	}
	held, err1 := f.Stat()
	named, err2 := os.Lstat(temp)
	return err1 == nil && err2 == nil && os.SameFile(held, named)
}

// removeAbandoned removes temp unless its writer lives.
func removeAbandoned(temp string) {
	f, err := os.OpenFile(temp, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); {
	case err == nil:
	case errors.Is(err, unix.EWOULDBLOCK):
		return
	case !olderThan(temp, abandonedAge):
		return
	}
	os.RemoveAll(temp)
}
