package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"syscall"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/fault"
)

// errInterrupt is the cause of a context that a signal cancelled. Some rooms
// return the context's error and some its cause, so it is [context.Canceled] too.
var errInterrupt error = &interruptedError{errors.New("interrupted")}

// errHelpShown ends a command that has printed its help instead of a message.
var errHelpShown = errors.New("no command given")

type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// UsageError marks err as a mistake in the use of the command: Run ends with
// StatusUsage and, when err has no hint of its own, points to --help.
func UsageError(err error) error {
	if err == nil {
		return nil
	}
	return &usageError{err}
}

// usage is UsageError of a new error.
func usage(hint, format string, args ...any) error {
	return UsageError(fault.New(hint, format, args...))
}

type interruptedError struct{ err error }

func (e *interruptedError) Error() string   { return e.err.Error() }
func (e *interruptedError) Unwrap() error   { return e.err }
func (e *interruptedError) Is(t error) bool { return t == context.Canceled }

// Interrupted makes the error of a command that was interrupted and has
// something to say about it, such as where its work was saved and how to go on.
// errors.Is(err, context.Canceled) holds. Any other error of a cancelled
// context is reported as plain "interrupted".
func Interrupted(hint, format string, args ...any) error {
	return &interruptedError{fault.New(hint, format, args...)}
}

// panicked turns the value of a panic into an error of one line.
func panicked(v any) error {
	if _, ok := v.(interface{ Addr() uintptr }); ok { // of debug.SetPanicOnFault
		return fault.New("do not change an index or a model while it is in use; if nobody did, check the disk",
			"a file could not be read: it was truncated while it was open, or the disk failed")
	}
	const hint = "this is a bug: set LUMINAVEC_DEBUG=1 to print the stack, and report it"
	err := fault.Recovered(v)
	if err.Error() == "internal error" {
		return fault.New(hint, "%w", err)
	}
	return fault.New(hint, "internal error: %w", err)
}

// exitStatus maps the error of a command to its exit status. Errors before the
// command's own code ran (started false) are about flags and arguments, except
// those of the system, such as a help text that could not be written.
func exitStatus(err error, started, interrupted bool) int {
	var u *usageError
	var system *fs.PathError
	switch {
	case brokenPipe(err):
		return StatusDone
	case interrupted && errors.Is(err, context.Canceled):
		return StatusInterrupted
	case errors.As(err, &u), errors.Is(err, errHelpShown), !started && !errors.As(err, &system):
		return StatusUsage
	}
	return StatusFailed
}

// explain gives the message and the hint to print for err.
func explain(err error, cmd *cobra.Command, status int) (message, hint string) {
	if hint = fault.Hint(err); hint == "" {
		hint = systemHint(err)
	}
	switch status {
	case StatusInterrupted:
		var own *interruptedError
		if !errors.As(err, &own) || error(own) == errInterrupt {
			return errInterrupt.Error(), ""
		}
		return err.Error(), hint
	case StatusUsage:
		if hint == "" && cmd != nil {
			hint = fmt.Sprintf("see '%s --help'", cmd.CommandPath())
		}
		return lowerFirst(err.Error()), hint
	}
	return lowerFirst(err.Error()), hint
}

// systemHint says what to do about an error of the operating system.
func systemHint(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full: free some space, or write to another one"
	case errors.Is(err, fs.ErrExist):
		return "use --force to replace it"
	case errors.Is(err, fs.ErrNotExist):
		return "check the name; a relative one starts at the current folder"
	case errors.Is(err, fs.ErrPermission):
		return "check the permissions of the file and of its folder"
	}
	return ""
}

// brokenPipe says whether err comes from a write to a pipe that nobody reads.
func brokenPipe(err error) bool {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return false
	}
	if runtime.GOOS == "windows" {
		// ERROR_BROKEN_PIPE and ERROR_NO_DATA ("the pipe is being closed").
		return errno == 109 || errno == 232
	}
	return errno == syscall.EPIPE
}

// lowerFirst lowers the first letter of a message that starts with an ordinary
// capitalised word; acronyms stay.
func lowerFirst(s string) string {
	r := []rune(s)
	if len(r) > 1 && unicode.IsUpper(r[0]) && unicode.IsLower(r[1]) {
		r[0] = unicode.ToLower(r[0])
	}
	return string(r)
}

// WriteExcerpt writes the lines that an error shows below its message, such as a condition with a
// caret below the character at fault.
func WriteExcerpt(w io.Writer, err error) {
	var e interface{ Excerpt() string }
	if !errors.As(err, &e) {
		return
	}
	for line := range strings.SplitSeq(e.Excerpt(), "\n") {
		fmt.Fprintln(w, Printable(line))
	}
}

// OneLine makes s fit for one line of a terminal: line breaks become "; ",
// other control characters, which a terminal would obey, become U+FFFD. The
// middle of a message of thousands of bytes, such as one that quotes a line of a
// damaged file, is left out.
func OneLine(s string) string {
	s = strings.ReplaceAll(strings.TrimRight(s, "\r\n"), "\n", "; ")
	if begin, end := 1500, 500; len(s) > begin+end {
		s = strings.ToValidUTF8(s[:begin], "") + " […] " + strings.ToValidUTF8(s[len(s)-end:], "")
	}
	return Printable(s)
}

// Printable replaces the control characters of s, tabs by a space and all
// others by U+FFFD, so that text from a file cannot steer the terminal.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r), isBidiControl(r):
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// isBidiControl covers the embedding, override and isolate marks of Unicode's
// bidirectional algorithm, which can make a terminal show text in another order.
func isBidiControl(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}
