//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// renamesOpen is true: an open file or folder can be renamed, so that its lock covers the
// rename too.
const renamesOpen = true

// claim locks a new temporary file or folder until f is closed. It reports false if a sweep
// was faster. It succeeds if the file system has no locks.
func claim(f *os.File, temp string) bool {
	return !errors.Is(flock(f), unix.EWOULDBLOCK) && leadsTo(temp, f)
}

// claimFolder opens and locks a new temporary folder. The error is fs.ErrExist if a sweep was
// faster.
func claimFolder(temp string) (*os.File, error) {
	f, err := os.Open(temp)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fs.ErrExist
	}
	if err != nil {
		return nil, err
	}
	if !claim(f, temp) {
		f.Close()
		return nil, fs.ErrExist
	}
	return f, nil
}

// flock locks f without waiting.
func flock(f *os.File) error {
	for {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != unix.EINTR {
			return err
		}
	}
}

// lock locks f until it is closed or the process ends. It reports false if another process has
// it locked, and succeeds if the system or the file system has no locks.
func lock(f *os.File) bool { return !errors.Is(flock(f), unix.EWOULDBLOCK) }

// leadsTo reports whether the name temp still belongs to the open file or folder f.
func leadsTo(temp string, f *os.File) bool {
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
	switch err := flock(f); {
	case err == nil:
	case errors.Is(err, unix.EWOULDBLOCK):
		return
	case !olderThan(temp, abandonedAge):
		return
	}
	if leadsTo(temp, f) {
		os.RemoveAll(temp)
	}
}

// tryLockSwap locks the folder of path. busy is set if another program has it locked.
func tryLockSwap(path string) (unlock func(), busy bool) {
	f, err := os.Open(filepath.Dir(path))
	if err != nil {
		return func() {}, false
	}
	if errors.Is(flock(f), unix.EWOULDBLOCK) {
		f.Close()
		return func() {}, true
	}
	return func() { f.Close() }, false
}
