// Package cli holds what the three commands share: how they start and end,
// how they speak, and where their output goes.
//
// The rules of the terminal, the same for every command:
//
//   - Data goes to standard output, everything else to standard error; a pipe
//     never sees a progress bar, and --quiet drops progress and notes.
//   - A failure is one line, "NAME: message", lower case and without a full
//     stop. Where the user can do something about it, a line "hint: ..." says what.
//   - The exit status is 0 when the work is done, 1 when it failed, 2 when the
//     command was used wrongly and 130 when it was interrupted.
//   - The first Ctrl-C (or SIGTERM, or the end of the terminal) cancels the
//     context of the command, so that it can save or remove what it has in hand;
//     the second ends it at once.
//   - A reader that has seen enough, as in "search query ... | head", ends the
//     command quietly.
//   - Output appears at its name whole or not at all, replaces nothing without
//     --force, is never one of the inputs, and binary is not sent to a terminal.
//
// A command's main is then two lines: make the tree of cobra commands, and pass
// its exit status on.
//
//	func main() { os.Exit(cli.Run(root())) }
//
// Help is written by hand: a command's Long is its whole help text and starts
// with "Usage:". CheckHelp keeps such a text and the flags together in a test.
package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit statuses of every command.
const (
	StatusDone        = 0
	StatusFailed      = 1
	StatusUsage       = 2
	StatusInterrupted = 130
)

// SharedHelp is the part of a help text that describes the flags that every
// command has. A Long ends its options with it.
const SharedHelp = `      --config FILE      take flags from FILE: JSON, or lines "name = value"
                         or "name: value"; the command line wins
      --quiet            no progress and no notes
  -h, --help             show this help
`

// JSONHelp describes the flag of AddJSON; it stands before SharedHelp.
const JSONHelp = `      --json             print the report as JSON
`

// AddJSON gives cmd the flag --json.
func AddJSON(cmd *cobra.Command) {
	cmd.Flags().Bool("json", false, "print the report as JSON")
}

// JSON says whether cmd was given --json.
func JSON(cmd *cobra.Command) bool { return boolFlag(cmd, "json") }

// Quiet says whether cmd was given --quiet.
func Quiet(cmd *cobra.Command) bool { return boolFlag(cmd, "quiet") }

func boolFlag(cmd *cobra.Command, name string) bool {
	f := cmd.Flag(name)
	return f != nil && f.Value.String() == "true"
}

// Note prints a line to standard error, with the command's name in front,
// unless --quiet was given.
func Note(cmd *cobra.Command, format string, args ...any) {
	if !Quiet(cmd) {
		say(cmd.ErrOrStderr(), cmd.Root().Name(), fmt.Sprintf(format, args...))
	}
}

// Warn prints a warning to standard error; --quiet does not silence it.
func Warn(cmd *cobra.Command, format string, args ...any) {
	say(cmd.ErrOrStderr(), cmd.Root().Name(), "warning: "+fmt.Sprintf(format, args...))
}

func say(w io.Writer, name, message string) {
	clearProgress()
	fmt.Fprintf(w, "%s: %s\n", name, OneLine(message))
}

// Version is what --version prints after the name: the module's version, or the
// commit a working tree was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	if version != "" && version != "(devel)" {
		return version
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			revision = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = " (modified)"
		}
	}
	if revision == "" {
		return "development build"
	}
	return "commit " + revision + dirty
}

// Run executes the command line under root with the rules of the package
// comment, and returns the exit status. It adds the flags --config, --quiet
// and --version to root.
func Run(root *cobra.Command) int {
	return run(root, os.Args[1:])
}

func run(root *cobra.Command, args []string) (status int) {
	// Without this a write to a closed pipe kills the process before it can
	// remove its temporary files; with it the write returns EPIPE.
	signal.Ignore(syscall.SIGPIPE)

	stderr := root.ErrOrStderr()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	stop := onInterrupt(func() { cancel(errInterrupt) })
	defer stop()

	t := prepare(root)
	root.SetArgs(args)
	err := t.execute(ctx)
	clearProgress()
	if err == nil {
		return StatusDone
	}
	status = exitStatus(err, t.started, context.Cause(ctx) == errInterrupt)
	if status == StatusDone {
		return status
	}
	message, hint := explain(err, t.current, status)
	say(stderr, root.Name(), message)
	if hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", OneLine(hint))
	}
	return status
}

// onInterrupt calls first at the first SIGINT, SIGTERM or SIGHUP (the terminal
// was closed, unless nohup has it ignored); a second one ends the process with
// StatusInterrupted.
func onInterrupt(first func()) (stop func()) {
	signals := make(chan os.Signal, 2)
	done := make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-signals:
				if n > 0 {
					os.Exit(StatusInterrupted)
				}
				first()
			}
		}
	}()
	return func() { signal.Stop(signals); close(done) }
}

// tree is a prepared tree of commands and what became of its execution.
type tree struct {
	root    *cobra.Command
	started bool           // the command's own RunE was reached
	current *cobra.Command // the command whose flags were parsed, nil before
	helpErr error          // of writing a help text, which cobra does not pass on
}

// prepare adds the shared flags to root and the shared behaviour to every
// command below it.
func prepare(root *cobra.Command) *tree {
	t := &tree{root: root}
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Version = Version()
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.PersistentFlags().String("config", "", "take flags from this file")
	root.PersistentFlags().Bool("quiet", false, "no progress and no notes")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		t.current = cmd
		return flagError(err)
	})
	ordinary := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		text := cmd.Long
		if !strings.HasPrefix(text, "Usage:") { // of a command that cobra adds
			var b strings.Builder
			out := cmd.OutOrStdout()
			cmd.SetOut(&b)
			ordinary(cmd, args)
			cmd.SetOut(out)
			text = b.String()
		}
		_, t.helpErr = io.WriteString(cmd.OutOrStdout(), text)
	})
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		t.current = cmd
		if err := checkLevel(); err != nil {
			return err
		}
		return applyConfig(cmd)
	}
	t.visit(root)
	return t
}

// checkLevel refuses a LUMINAVEC_CPU that package kernel would pass over.
func checkLevel() error {
	switch level := os.Getenv("LUMINAVEC_CPU"); level {
	case "", "avx512", "avx2", "go":
		return nil
	default:
		return usage("give avx512, avx2 or go: the kernels to use at most", "LUMINAVEC_CPU is %q", level)
	}
}

func (t *tree) visit(cmd *cobra.Command) {
	for _, child := range cmd.Commands() {
		t.visit(child)
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			t.current = cmd
			return check(cmd, args)
		}
	}
	switch {
	case cmd.RunE != nil:
		work := cmd.RunE
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			t.started = true
			return work(cmd, args)
		}
	case cmd.Run == nil && cmd.HasSubCommands():
		cmd.Args = cobra.ArbitraryArgs
		// A slip in a command's name is to be told before flags that this group
		// does not have.
		cmd.FParseErrWhitelist.UnknownFlags = true
		cmd.RunE = func(cmd *cobra.Command, args []string) error { return noCommand(cmd, args) }
	}
}

// noCommand answers a command line that stops at a group of commands, or goes
// on with a word that is none of them.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		fmt.Fprint(cmd.ErrOrStderr(), cmd.Long)
		return errHelpShown
	}
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return usage(fmt.Sprintf("did you mean %q? see '%s --help'", near[0], cmd.CommandPath()),
			"unknown command %q for %q", args[0], cmd.CommandPath())
	}
	return usage("", "unknown command %q for %q", args[0], cmd.CommandPath())
}

// execute runs the command line. A panic becomes an error, unless the
// environment variable LUMINAVEC_DEBUG asks for the stack.
func (t *tree) execute(ctx context.Context) (err error) {
	if os.Getenv("LUMINAVEC_DEBUG") == "" {
		defer func() {
			if v := recover(); v != nil {
				t.started = true
				err = panicked(v)
			}
		}()
	}
	return cmp.Or(t.root.ExecuteContext(ctx), t.helpErr)
}
