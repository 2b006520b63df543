package fault

import (
	"errors"
	"io/fs"
)

// Cause strips the "open path:" that an *fs.PathError puts before its cause, for
// messages that already name the path.
func Cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// OpenHint is the hint for a file that could not be opened.
func OpenHint(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "you do not have permission to read it: see ls -l"
	}
	return "check the spelling, or give the path from the current folder"
}
