//go:build !linux && !darwin

package durable

import (
	"errors"
	"os"
)

// exchange would swap the names a and b atomically, but this system has no call for that, so
// Commit uses two renames.
func exchange(a, b string) error {
	return &os.LinkError{Op: "exchange", Old: a, New: b, Err: errors.ErrUnsupported}
}
