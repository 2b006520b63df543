package text

import (
	"fmt"

	"github.com/luminavec/luminavec/internal/fault"
)

// Position is a place in a file.
type Position struct {
	File string // name of the file, as in Source.Names
	Line int64  // line number, from 1; 0 for the whole file
	Byte int64  // byte in the line, from 1; 0 for the whole line
	Rows bool   // Line counts rows: the file has no lines
}

// String returns "file:line", "file:line: byte N", "file: row N" or "file".
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return Describe(p.File)
	case p.Rows:
		return fmt.Sprintf("%s: row %d", Describe(p.File), p.Line)
	case p.Byte > 0:
		return fmt.Sprintf("%s:%d: byte %d", Describe(p.File), p.Line, p.Byte)
	}
	return fmt.Sprintf("%s:%d", Describe(p.File), p.Line)
}

// Errorf returns an error that starts with the position and carries a hint about what to do.
func (p Position) Errorf(hint, format string, args ...any) error {
	return fault.New(hint, "%s: %w", p, fmt.Errorf(format, args...))
}

// Describe returns the name of an input as messages call it: "standard input" for Stdin.
func Describe(name string) string {
	if name == Stdin {
		return "standard input"
	}
	return name
}
