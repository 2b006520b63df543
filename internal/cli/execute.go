package cli

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/fault"
)

// preparing serializes what is shared by all commands of a process.
var preparing sync.Mutex

// Execute runs a command line within a program that goes on: ctx ends it instead of signals, it prints no
// progress and no notes, warnings go to stderr, and its error is returned, with what to do about it.
// Several may run at the same time. root must be new.
func Execute(ctx context.Context, root *cobra.Command, args []string, stderr io.Writer) error {
	preparing.Lock()
	t := prepare(root)
	preparing.Unlock()
	root.SetArgs(append([]string{"--quiet"}, args...))
	root.SetIn(empty{})
	root.SetOut(io.Discard)
	root.SetErr(stderr)
	err := t.execute(ctx)
	if err == nil {
		return nil
	}
	name := root.Name()
	if t.current != nil {
		name = programName(t.current)
		err = nameFlags(err, t.current)
	}
	if hint := fault.Hint(err); hint != "" {
		return fmt.Errorf("%s: %w (%s)", name, err, OneLine(hint))
	}
	return fmt.Errorf("%s: %w", name, err)
}

// empty is an input without content.
type empty struct{}

func (empty) Read([]byte) (int, error) { return 0, io.EOF }
