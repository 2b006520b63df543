package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/fault"
)

// tool makes a small command tree; work is the body of "tool work".
func tool(work func(cmd *cobra.Command, args []string) error) *cobra.Command {
	root := &cobra.Command{Use: "tool", Short: "Try the package"}
	leaf := &cobra.Command{Use: "work [options] [FILE]", Short: "Do it", Args: cobra.MaximumNArgs(1), RunE: work}
	number, width, kind, tags := 7, 5, "fast", []string(nil)
	Declare(leaf, Arguments, Flag{Arg: "FILE", Help: "what to work on"})
	Declare(leaf, ForModel,
		Flag{Name: "number", Short: "n", Arg: "N", Into: &number, Help: "a number"},
		Flag{Name: "width", Arg: "N", Into: &width, Field: "Width", Help: "how wide", Positive: true},
		Flag{Name: "kind", Arg: "NAME", Into: &kind, Help: "how it is done", Values: []Value{{"fast", "in a hurry"}, {"slow", "with care"}}},
		Flag{Name: "tag", Arg: "TAG", Into: &tags, Help: "a tag"})
	Declare(leaf, ForOutput, JSONFlag())
	group := &cobra.Command{Use: "group", Short: "Do more"}
	group.AddCommand(&cobra.Command{Use: "inner", Short: "Do the inner work", RunE: work})
	root.AddCommand(leaf, group)
	return root
}

func runTool(t *testing.T, work func(cmd *cobra.Command, args []string) error, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	root := tool(work)
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	status = run(root, args)
	return status, stdout.String(), stderr.String()
}

func TestRunStatusAndMessage(t *testing.T) {
	fine := func(*cobra.Command, []string) error { return nil }
	failing := func(err error) func(*cobra.Command, []string) error {
		return func(*cobra.Command, []string) error { return err }
	}
	_, missing := os.Open(filepath.Join(t.TempDir(), "missing"))
	tests := []struct {
		name   string
		work   func(*cobra.Command, []string) error
		args   []string
		status int
		stderr string // a part; "" means nothing at all
	}{
		{"done", fine, []string{"work"}, 0, ""},
		{"failure", failing(errors.New("it broke")), []string{"work"}, 1, "tool: it broke\n"},
		{"hint", failing(fault.New("fix it", "it broke")), []string{"work"}, 1, "tool: it broke\nhint: fix it\n"},
		{"wrapped hint", failing(fmt.Errorf("a: %w", fault.New("fix it", "b"))), []string{"work"}, 1, "tool: a: b\nhint: fix it\n"},
		{"two errors on one line", failing(errors.Join(errors.New("a"), errors.New("b"))), []string{"work"}, 1, "tool: a; b\n"},
		{"no escape sequences", failing(errors.New("file \x1b[2J")), []string{"work"}, 1, "tool: file \ufffd[2J\n"},
		{"missing file", failing(missing), []string{"work"}, 1, "hint: check the name"},
		{"full disk", failing(fmt.Errorf("write x: %w", syscall.ENOSPC)), []string{"work"}, 1, "hint: the disk is full"},
		{"closed pipe", failing(fmt.Errorf("write x: %w", syscall.EPIPE)), []string{"work"}, 0, ""},
		{"usage error", failing(UsageError(errors.New("Bad mix"))), []string{"work"}, 2, "tool: bad mix\nhint: see 'tool work --help'\n"},
		{"unknown flag", fine, []string{"work", "--nmber", "3"}, 2, "tool: unknown flag --nmber (did you mean --number?)\nhint: see 'tool work --help'\n"},
		{"strange flag", fine, []string{"work", "--xyzzy"}, 2, "tool: unknown flag --xyzzy\nhint: see 'tool work --help'\n"},
		{"beginning of a flag", fine, []string{"work", "--num=3"}, 2, "tool: unknown flag --num (did you mean --number?)\n"},
		{"unknown letter", fine, []string{"work", "-x"}, 2, "tool: unknown flag -x\n"},
		{"no value", fine, []string{"work", "--number"}, 2, "tool: --number needs a value: a whole number\n"},
		{"no text", fine, []string{"work", "--tag"}, 2, "tool: --tag needs a value\n"},
		{"bad value", fine, []string{"work", "-n", "x"}, 2, "tool: --number must be a whole number, got \"x\"\nhint: see 'tool work --help'\n"},
		{"not positive", fine, []string{"work", "--width", "0"}, 2, "tool: --width must be a whole number of at least 1, got \"0\"\n"},
		{"not a choice", fine, []string{"work", "--kind", "odd"}, 2, "tool: --kind must be fast or slow, got \"odd\"\n"},
		{"field", failing(UsageError(fmt.Errorf("model: %w", fault.Field("Width", "lower Width", "must be below %d, got %d", 9, 10)))), []string{"work"}, 2,
			"tool: model: --width must be below 9, got 10\nhint: lower --width\n"},
		{"too many arguments", fine, []string{"work", "a", "b"}, 2, "tool: accepts at most 1 arg(s), received 2\nhint: see 'tool work --help'\n"},
		{"unknown command", fine, []string{"wrok"}, 2, "tool: unknown command \"wrok\" for \"tool\"\nhint: did you mean \"work\"? see 'tool --help'\n"},
		{"unknown inner command", fine, []string{"group", "iner"}, 2, "hint: did you mean \"inner\"? see 'tool group --help'\n"},
		{"no command", fine, nil, 2, "Usage: tool COMMAND"},
		{"cancelled without a signal", failing(context.Canceled), []string{"work"}, 1, "tool: context canceled\n"},
		{"panic", func(*cobra.Command, []string) error { panic("row 3\nstack") }, []string{"work"}, 1, "tool: internal error: row 3\nhint: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, _, stderr := runTool(t, test.work, test.args...)
			if status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			if test.stderr == "" && stderr != "" || !strings.Contains(stderr, test.stderr) {
				t.Errorf("stderr %q, want %q", stderr, test.stderr)
			}
		})
	}
}

func TestRunInterrupted(t *testing.T) {
	for _, test := range []struct {
		name, stderr string
		err          func(context.Context) error
	}{
		{"plain", "tool: interrupted\n", func(ctx context.Context) error { return fmt.Errorf("read x: %w", ctx.Err()) }},
		{"cause of the context", "tool: interrupted\n", func(ctx context.Context) error { return fmt.Errorf("after 3 rows: %w", context.Cause(ctx)) }},
		{"own words", "tool: interrupted; the checkpoint is in model\nhint: go on with 'train resume model'\n",
			func(context.Context) error {
				return Interrupted("go on with 'train resume model'", "interrupted; the checkpoint is in %s", "model")
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, _, stderr := runTool(t, func(cmd *cobra.Command, _ []string) error {
				self, err := os.FindProcess(os.Getpid())
				if err != nil {
					return err
				}
				if err := self.Signal(os.Interrupt); err != nil {
					return err
				}
				select {
				case <-cmd.Context().Done():
					return test.err(cmd.Context())
				case <-time.After(30 * time.Second):
					return errors.New("no signal came")
				}
			}, "work")
			if status != StatusInterrupted || stderr != test.stderr {
				t.Errorf("status %d, stderr %q, want %d and %q", status, stderr, StatusInterrupted, test.stderr)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	status, out, _ := runTool(t, nil, "--version")
	if status != 0 || !strings.HasPrefix(out, "tool ") {
		t.Errorf("status %d, version %q", status, out)
	}
}

// brokenWriter is a full disk.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "stdout", Err: syscall.ENOSPC}
}

// A help text that cannot be written is a failure, not wrong use.
func TestHelpOnAFullDisk(t *testing.T) {
	for _, line := range []string{"--help", "work --help", "help work", "--version", "completion bash", "completion bash --help"} {
		var stderr bytes.Buffer
		root := tool(func(*cobra.Command, []string) error { return nil })
		root.SetOut(brokenWriter{})
		root.SetErr(&stderr)
		if status := run(root, strings.Fields(line)); status != StatusFailed || !strings.Contains(stderr.String(), "hint: the disk is full") {
			t.Errorf("%s: status %d, stderr %q", line, status, stderr.String())
		}
	}
}

func TestQuietSilencesNotesNotWarnings(t *testing.T) {
	work := func(cmd *cobra.Command, _ []string) error {
		Note(cmd, "a note")
		Warn(cmd, "a warning")
		if !JSON(cmd) {
			return errors.New("--json was lost")
		}
		return nil
	}
	if _, _, stderr := runTool(t, work, "work", "--json"); stderr != "tool: a note\ntool: warning: a warning\n" {
		t.Errorf("stderr %q", stderr)
	}
	if _, _, stderr := runTool(t, work, "work", "--json", "--quiet"); stderr != "tool: warning: a warning\n" {
		t.Errorf("quiet stderr %q", stderr)
	}
}

// A message that quotes a long line is short, and keeps its beginning and its end.
func TestLongMessage(t *testing.T) {
	got := OneLine("v.txt:3: " + strings.Repeat("ö", 30000) + " is not a number\n")
	if len(got) > 2100 || !strings.HasPrefix(got, "v.txt:3: öö") || !strings.HasSuffix(got, "öö is not a number") || !strings.Contains(got, "ö […] ö") || strings.ContainsRune(got, utf8.RuneError) {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

// NUL becomes a space, not U+FFFD.
func TestReplaced(t *testing.T) {
	for want, n := range map[string][2]int64{
		"1 byte of invalid UTF-8 with U+FFFD":                              {1, 0},
		"1 NUL byte with a space":                                          {1, 1},
		"2,000 NUL bytes with spaces":                                      {2000, 2000},
		"2 bytes of invalid UTF-8 with U+FFFD and 1 NUL byte with a space": {3, 1},
	} {
		if got := Replaced(n[0], n[1]); got != want {
			t.Errorf("%v: %q, want %q", n, got, want)
		}
	}
}
