//go:build !linux

package estimate

// freeMemory is unknown on this system: systems differ in what they call free, and a number
// that is too low would reject a run that fits.
func freeMemory() int64 { return -1 }

// residentMemory is unknown.
func residentMemory() int64 { return -1 }
