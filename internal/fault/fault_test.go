package fault

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
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

func TestNames(t *testing.T) {
	for _, c := range []struct {
		n    int
		want string
	}{{0, ""}, {1, `"a"`}, {2, `"a", "a"`}, {23, strings.Repeat(`"a", `, 19) + `"a" and 3 more`}} {
		if got := Names(slices.Repeat([]string{"a"}, c.n)); got != c.want {
			t.Errorf("%d names: %s, want %s", c.n, got, c.want)
		}
	}
}

// A marked error keeps its message and its hint.
func TestMark(t *testing.T) {
	plain := New("look elsewhere", "no such model: m")
	err := fmt.Errorf("x: %w", Mark(plain, fs.ErrNotExist))
	if err.Error() != "x: no such model: m" || Hint(err) != "look elsewhere" || !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, plain) || errors.Is(err, fs.ErrExist) {
		t.Errorf("%v, hint %q", err, Hint(err))
	}
}
