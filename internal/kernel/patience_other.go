//go:build !linux

package kernel

// yieldProcessor does nothing where the standard library has no such call.
func yieldProcessor() {}
