package container

import (
	"runtime/debug"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/mapped"
)

// Unfault, when deferred, turns a fault of the goroutine into an error: the file of an index was
// truncated while it was open. See [mapped.IsFault].
//
//	defer container.Unfault(debug.SetPanicOnFault(true), &err)
func Unfault(was bool, err *error) {
	debug.SetPanicOnFault(was)
	if mapped.IsFault(recover()) {
		*err = fault.New("do not change an index while it is in use, only replace it; if nobody did, check the disk",
			"index: the file could not be read: it was truncated while it was open, or the disk failed")
	}
}
