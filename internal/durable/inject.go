package durable

import (
	"errors"
	"sync/atomic"
)

// Op names a step of writing, for [Inject].
type Op string

// The steps, in the order in which they occur for a folder.
const (
	OpCreate   Op = "create"   // a temporary file or folder, or a file in one
	OpLock     Op = "lock"     // of a new temporary file or folder
	OpWrite    Op = "write"    // to a file; a fault occurs after half of the bytes
	OpSync     Op = "sync"     // of a file or a folder
	OpExchange Op = "exchange" // of the new and the old folder, atomically
	OpAside    Op = "aside"    // the first of two renames: of the old folder
	OpRename   Op = "rename"   // of the new file or folder to its path
	OpRemove   Op = "remove"   // of the replaced folder
	OpRefuse   Op = "refuse"   // to replace a folder, because of what is in it
)

// ErrCrash, returned by an injected function, stops the writer as if the process had died:
// nothing is undone or removed.
var ErrCrash = errors.New("injected crash")

var injected atomic.Pointer[func(Op, string) error]

// Inject makes every step of all outputs in this process call fn first, and fail with the
// error that it returns. It is for tests of a full disk, a failing rename or a crash; restore
// ends it. errors.ErrUnsupported for OpExchange simulates a system without an atomic
// exchange.
func Inject(fn func(op Op, path string) error) (restore func()) {
	before := injected.Swap(&fn)
	return func() { injected.Store(before) }
}

func step(op Op, path string) error {
	if fn := injected.Load(); fn != nil {
		return (*fn)(op, path)
	}
	return nil
}
