//go:build !linux && !darwin

package durable

import (
	"errors"
	"os"
)

// exchange would swap the names a and b in one step; there is no call for it
// here, and Commit takes two renames.
func exchange(a, b string) error {
	return &os.LinkError{Op: "exchange", Old: a, New: b, Err: errors.ErrUnsupported}
}
