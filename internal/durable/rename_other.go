//go:build !linux && !darwin && !windows

package durable

// renameNew renames a to b and fails when there is something at b.
func renameNew(a, b string) error { return renameChecked(a, b) }
