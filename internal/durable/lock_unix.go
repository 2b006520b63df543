//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package durable

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// renamesOpen is true: an open file or folder can be renamed, so that its lock covers the
// rename too.
const renamesOpen = true

// claim locks a new temporary file or folder until f is closed. It reports false if a sweep
// was faster. It succeeds if the file system has no locks.
func claim(f *os.File, temp string) bool {
	if errors.Is(unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK) {
		return false
	}
	held, err1 := f.Stat()
	named, err2 := os.Lstat(temp)
	return err1 == nil && err2 == nil && os.SameFile(held, named)
}

// removeAbandoned removes temp unless its writer is running.
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
