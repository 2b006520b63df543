//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package changelog

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock locks f until it is closed. It does nothing if the file system has no locks.
func lock(f *os.File) error {
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err == unix.EWOULDBLOCK {
		return err
	}
	return nil
}
