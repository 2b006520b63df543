package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestHint(t *testing.T) {
	inner := New("look again", "reading %s: %w", "a.txt", io.ErrUnexpectedEOF)
	if inner.Error() != "reading a.txt: unexpected EOF" || !errors.Is(inner, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", inner)
	}
	wrapped := fmt.Errorf("training: %w", inner)
	outer := New("use another file", "stopped: %w", wrapped)
	for _, c := range []struct {
		err  error
		hint string
	}{{inner, "look again"}, {wrapped, "look again"}, {outer, "use another file"}, {io.EOF, ""}, {nil, ""}} {
		if got := Hint(c.err); got != c.hint {
			t.Errorf("hint of %v: %q, want %q", c.err, got, c.hint)
		}
	}
}
