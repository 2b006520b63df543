package search

import "testing"

func TestWrapHelp(t *testing.T) {
	want := ":k N            print N passages\n:where COND     search only where\n                the condition is\n                true\nArrows and Ctrl-R recall earlier\nquestions.\n"
	if got := wrapHelp(":k N            print N passages\n:where COND     search only where the condition is true\nArrows and Ctrl-R recall earlier questions.\n", 34); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := wrapHelp(promptHelp, 200); got != promptHelp {
		t.Errorf("a wide terminal: got\n%s", got)
	}
}
