//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package durable

// tryLockSwap does nothing on this system.
func tryLockSwap(path string) (unlock func(), busy bool) { return func() {}, false }
