package durable

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// exchange swaps the names a and b atomically, or returns errors.ErrUnsupported if the file
// system cannot.
func exchange(a, b string) error {
	return renamex("exchange", a, b, unix.RENAME_SWAP)
}

// renameNew renames a to b and fails if b exists.
func renameNew(a, b string) error {
	err := renamex("rename", a, b, unix.RENAME_EXCL)
	if errors.Is(err, errors.ErrUnsupported) {
		return renameChecked(a, b)
	}
	return err
}

func renamex(op, a, b string, flag uint32) error {
	for {
		err := unix.RenamexNp(a, b, flag)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EINVAL): // the file system does not support the flag
			err = errors.ErrUnsupported
		}
		return &os.LinkError{Op: op, Old: a, New: b, Err: err}
	}
}
