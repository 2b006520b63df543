package durable

import (
	"errors"
	"sync/atomic"
)

// Op names a step of writing, for [Inject].
type Op string

// The steps, in the order in which a folder goes through them.
const (
	OpCreate   Op = "create"   // a temporary file or folder, or a file in one
	OpWrite    Op = "write"    // to a file; a fault comes after half of the bytes
	OpSync     Op = "sync"     // of a file or a folder
	OpExchange Op = "exchange" // of the new and the old folder, in one step
	OpAside    Op = "aside"    // first of two renames: the old folder out of the way
	OpRename   Op = "rename"   // of the new file or folder to its place
	OpRemove   Op = "remove"   // of the replaced folder
)

// ErrCrash, returned by an injected function, stops the writer where it
// stands, as if the process had died: nothing is undone or removed.
var ErrCrash = errors.New("injected crash")

var injected atomic.Pointer[func(Op, string) error]

// Inject makes every step of every output in this process ask fn first and
// fail with the error that it returns. It is for tests of what a full disk, a
// failing rename or a crash does; restore ends it. errors.ErrUnsupported for
// OpExchange gives the behaviour of systems without an exchange.
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
