package durable

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"
)

// renameChecked stands in for a rename that refuses to replace. The look
// and the rename are two steps; folders are safe all the same, because a
// folder that holds something is never renamed over.
func renameChecked(a, b string) error {
	if _, err := os.Lstat(b); err == nil {
		return &os.LinkError{Op: "rename", Old: a, New: b, Err: fs.ErrExist}
	}
	return os.Rename(a, b)
}

// syncFile makes the content of a closed file durable.
func syncFile(path string) error {
	flag := os.O_RDONLY
	if runtime.GOOS == "windows" { // FlushFileBuffers wants write access
		flag = os.O_RDWR
	}
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// SyncFolder makes the names in a folder durable, where the system has a
// call for it.
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
