package durable

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// tryLockSwap creates a hidden file that others cannot open, and that the system removes when
// it is closed, even by the end of the process. busy is set if another program has it open.
func tryLockSwap(path string) (unlock func(), busy bool) {
	name, err := windows.UTF16PtrFromString(filepath.Join(filepath.Dir(path), tempPrefix(path)+"lock"))
	if err != nil {
		return func() {}, false
	}
	h, err := windows.CreateFile(name, windows.GENERIC_WRITE|windows.DELETE, 0, nil, windows.OPEN_ALWAYS,
		windows.FILE_ATTRIBUTE_HIDDEN|windows.FILE_FLAG_DELETE_ON_CLOSE, 0)
	switch {
	case err == nil:
		return func() { windows.CloseHandle(h) }, false
	case errors.Is(err, windows.ERROR_SHARING_VIOLATION), errors.Is(err, windows.ERROR_ACCESS_DENIED): // open, or being removed
		return func() {}, true
	}
	return func() {}, false
}

// lock locks f until it is closed or the process ends. It reports false if another process has
// it locked, and succeeds if the file system has no locks. A byte far behind the end is locked, because others
// cannot read what is.
func lock(f *os.File) bool {
	behind := windows.Overlapped{OffsetHigh: 1 << 8}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &behind)
	return !errors.Is(err, windows.ERROR_LOCK_VIOLATION) && !errors.Is(err, windows.ERROR_IO_PENDING)
}
