package estimate

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// freeDisk is what this user may still write beside the path; negative when the
// system does not tell.
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
