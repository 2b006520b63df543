//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package durable

import "os"

// tryLockSwap does nothing on this system.
func tryLockSwap(path string) (unlock func(), busy bool) { return func() {}, false }

// lock does nothing: this system has no such locks.
func lock(f *os.File) bool { return true }
