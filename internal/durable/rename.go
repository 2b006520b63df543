package durable

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"
)

// renameChecked substitutes for a rename that refuses to replace. It takes two steps, which
// is safe for folders all the same, because a rename never replaces a folder that is not
// empty.
func renameChecked(a, b string) error {
	if _, err := os.Lstat(b); err == nil {
		return &os.LinkError{Op: "rename", Old: a, New: b, Err: fs.ErrExist}
	}
	return os.Rename(a, b)
}

// syncFile flushes the contents of a closed file to disk.
func syncFile(path string) error {
	flag := os.O_RDONLY
	if runtime.GOOS == "windows" { // FlushFileBuffers needs write access
		flag = os.O_RDWR
	}
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// SyncFolder flushes the names in a folder to disk, if the system has a call for it.
func SyncFolder(path string) error {
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
