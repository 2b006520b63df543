// Package fault adds hints to errors: one line that says what to do next. A library returns the
// error; a command prints the message, then the hint on a separate line.
//
//	err := fault.New("name a file of phrases", "%s is a folder", path)
//	…
//	fmt.Fprintln(os.Stderr, err)
//	if hint := fault.Hint(err); hint != "" {
//		fmt.Fprintln(os.Stderr, "hint:", hint)
//	}
//
// An error about a field of an options struct is a [FieldError]: the library names the field,
// and the command translates the name into a flag with [Rename].
//
//	err := fault.Field("Dim", "100 is usual", "must be positive, got %d", dim) // Dim must be positive, got 0
//	err = fault.Rename(err, map[string]string{"Dim": "--dim"})                 // --dim must be positive, got 0
package fault

import (
	"errors"
	"fmt"
)

type hinted struct {
	err  error
	hint string
}

func (e *hinted) Error() string { return e.err.Error() }
func (e *hinted) Unwrap() error { return e.err }
func (e *hinted) Hint() string  { return e.hint }

// New returns an error with the message that fmt.Errorf makes of format and
// args (%w wraps, as there) and with the given hint.
func New(hint, format string, args ...any) error {
	return &hinted{err: fmt.Errorf(format, args...), hint: hint}
}

type marked struct{ err, kind error }

func (e *marked) Error() string   { return e.err.Error() }
func (e *marked) Unwrap() []error { return []error{e.err, e.kind} }

// Mark returns an error with the message and the hint of err, for which errors.Is reports kind
// too. It is for a message that says by itself that there is no such file.
func Mark(err, kind error) error { return &marked{err, kind} }

// Hint returns the hint of the outermost error in err's chain that carries
// one, or "" if none does.
func Hint(err error) string {
	var h interface {
		error
		Hint() string
	}
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
