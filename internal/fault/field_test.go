package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

var flags = map[string]string{"Dim": "--dim", "LearningRate": "--lr", "MinCount": "--min-count"}

// A command says --dim where the library says Dim, in the message and in the hint, and
// leaves alone what the user wrote.
func TestRename(t *testing.T) {
	for _, c := range []struct {
		err                   error
		plain, message, hints string
	}{
		{fault.Field("Dim", "lower Dim", "must be from 1 to %d, got %d", 16384, 0),
			"Dim must be from 1 to 16384, got 0", "--dim must be from 1 to 16384, got 0", "lower --dim"},
		{fmt.Errorf("model: options: %w", fault.Field("LearningRate", "", "must be positive, got %q", "Dim")),
			`model: options: LearningRate must be positive, got "Dim"`, `model: options: --lr must be positive, got "Dim"`, ""},
		{fault.Mention("lower MinCount", "no word of %s is left: %w", "MinCount", io.EOF),
			"no word of MinCount is left: EOF", "no word of MinCount is left: EOF", "lower --min-count"},
		{fault.Field("Window", "", "must be 1 for Dim 2"),
			"Window must be 1 for Dim 2", "Window must be 1 for --dim 2", ""},
		{fault.New("see Dim, a file", "stopped: %w", fault.Field("Dim", "lower Dim", "is too large")), // a hint of its own
			"stopped: Dim is too large", "stopped: --dim is too large", "see Dim, a file"},
		{io.EOF, "EOF", "EOF", ""},
	} {
		got := fault.Rename(c.err, flags)
		if c.err.Error() != c.plain || got.Error() != c.message || fault.Hint(got) != c.hints {
			t.Errorf("%q became %q with hint %q; want %q and %q", c.err, got, fault.Hint(got), c.message, c.hints)
		}
		if !errors.Is(got, c.err) || errors.Is(c.err, io.EOF) != errors.Is(got, io.EOF) {
			t.Errorf("%q does not wrap the original error", got)
		}
	}
	if fault.Rename(nil, flags) != nil {
		t.Error("nil became an error")
	}
}
