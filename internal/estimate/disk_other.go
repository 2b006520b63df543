//go:build !linux && !darwin && !freebsd && !windows

package estimate

// freeDisk is not known here.
func freeDisk(string) int64 { return -1 }
