//go:build !linux

package parallel

// yieldProcessor does nothing where the standard library has no such call.
func yieldProcessor() {}
