package durable

import (
	"os"

	"golang.org/x/sys/windows"
)

// renameNew renames a to b and fails if b exists.
func renameNew(a, b string) error {
	from, err := windows.UTF16PtrFromString(a)
	if err == nil {
		var to *uint16
		if to, err = windows.UTF16PtrFromString(b); err == nil {
			err = windows.MoveFileEx(from, to, windows.MOVEFILE_WRITE_THROUGH)
		}
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: a, New: b, Err: err}
	}
	return nil
}
