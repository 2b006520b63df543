//go:build !linux && !darwin && !freebsd && !windows

package estimate

// freeDisk is unknown on this system.
func freeDisk(string) int64 { return -1 }
