//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package index

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockFile locks f for as long as it is open. Where the file system has no locks
// it does nothing.
func lockFile(f *os.File) error {
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err == unix.EWOULDBLOCK {
		return err
	}
	return nil
}
