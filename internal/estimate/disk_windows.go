package estimate

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// freeDisk returns the bytes that this user may still write to the disk of path; -1 if
// the system does not report them.
func freeDisk(path string) int64 {
	for p := path; ; p = filepath.Dir(p) {
		name, err := windows.UTF16PtrFromString(p)
		if err != nil {
			return -1
		}
		var free uint64
		if windows.GetDiskFreeSpaceEx(name, &free, nil, nil) == nil {
			return int64(min(free, 1<<62))
		}
		if filepath.Dir(p) == p {
			return -1
		}
	}
}
