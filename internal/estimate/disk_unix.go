//go:build linux || darwin || freebsd

package estimate

import (
	"path/filepath"

	"golang.org/x/sys/unix"
)

// freeDisk returns the bytes that an unprivileged user may still write to the disk of
// path; -1 if the system does not report them.
func freeDisk(path string) int64 {
	var s unix.Statfs_t
	for p := path; ; p = filepath.Dir(p) {
		if unix.Statfs(p, &s) == nil {
			return int64(s.Bavail) * int64(s.Bsize)
		}
		if filepath.Dir(p) == p {
			return -1
		}
	}
}
