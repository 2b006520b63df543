package container

import (
	"runtime/debug"

	"github.com/luminavec/luminavec/internal/fault"
)

// Unfault, when deferred, turns a fault of the goroutine into an error: a mapped file that
// another program truncates no longer has the pages that a search reads, and the system sends
// SIGBUS, which ends a Go program.
//
//	defer container.Unfault(debug.SetPanicOnFault(true), &err)
//
// Every goroutine needs its own. It is for what reads and changes nothing: a half-made change
// would remain.
func Unfault(was bool, err *error) {
	debug.SetPanicOnFault(was)
	switch v := recover().(type) {
	case nil:
	case interface{ Addr() uintptr }: // of debug.SetPanicOnFault
		*err = fault.New("do not change an index while it is in use, only replace it; if nobody did, check the disk",
			"index: the file could not be read: it was truncated while it was open, or the disk failed")
	default:
		panic(v)
	}
}
