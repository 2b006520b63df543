//go:build !linux && !darwin && !windows

package durable

// renameNew renames a to b and fails if b exists.
func renameNew(a, b string) error { return renameChecked(a, b) }
