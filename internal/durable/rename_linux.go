package durable

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// exchange swaps the names a and b atomically, or returns errors.ErrUnsupported if the kernel
// or the file system cannot.
func exchange(a, b string) error {
	return renameat2("exchange", a, b, unix.RENAME_EXCHANGE)
}

// renameNew renames a to b and fails if b exists.
func renameNew(a, b string) error {
	err := renameat2("rename", a, b, unix.RENAME_NOREPLACE)
	if errors.Is(err, errors.ErrUnsupported) {
		return renameChecked(a, b)
	}
	return err
}

func renameat2(op, a, b string, flags uint) error {
	for {
		err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, flags)
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
