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
//     command was used wrongly. When it was interrupted, it is 128 plus the number
//     of the signal, as in a shell: 130 for Ctrl-C, 143 for SIGTERM.
//   - The first Ctrl-C (or SIGTERM, or the end of the terminal) cancels the
//     context of the command, so that it can save or remove what it has in hand;
//     the second ends it at once.
//   - A reader that has seen enough, as in "search query ... | head", ends the
//     command quietly.
//   - Output appears at its name whole or not at all, replaces nothing without
//     --force, is never one of the inputs, and binary is not sent to a terminal.
//
// A command is a cobra.Command and a table of flags ([Flag]), from which the
// flags, the help, the defaults and the completions of the shell are made:
//
//	cmd := &cobra.Command{Use: "neighbors -m MODEL [options] WORD...",
//		Short: "Print the words nearest to each word", RunE: run}
//	k := 10
//	cli.Declare(cmd, cli.ForInput, cli.ModelFlag())
//	cli.Declare(cmd, cli.ForOutput,
//		cli.Flag{Name: "k", Short: "k", Arg: "N", Into: &k, Help: "number of words", Positive: true},
//		cli.JSONFlag())
//
//	func main() { os.Exit(cli.Run(cmd)) }
//
// A library names the field of its options that is at fault; where the table
// ties the field to a flag, the message names the flag instead.
package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"

	_ "github.com/luminavec/luminavec/internal/cli/collector" // takes effect by its import
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/pipe"
)

// The exit statuses of every command.
const (
	StatusDone        = 0
	StatusFailed      = 1
	StatusUsage       = 2
	StatusInterrupted = 130 // by Ctrl-C; see onInterrupt
)

// JSONFlag declares --json, which [JSON] reads.
func JSONFlag() Flag { return Flag{Name: "json", Help: "print the report as JSON"} }

// ScoreColumnFlag declares --score-column of sets of words or sentences with scores.
func ScoreColumnFlag(column *int) Flag {
	return Flag{Name: "score-column", Arg: "N", Into: column, Field: "ScoreColumn", Positive: true, Default: "detected", Help: "column of the scores in sets of scored pairs, from 1"}
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
		say(cmd.ErrOrStderr(), programName(cmd), fmt.Sprintf(format, args...))
	}
}

// Warn prints a warning to standard error; --quiet does not silence it.
func Warn(cmd *cobra.Command, format string, args ...any) {
	say(cmd.ErrOrStderr(), programName(cmd), "warning: "+fmt.Sprintf(format, args...))
}

// WarnAll prints warnings, except for empty ones.
func WarnAll(cmd *cobra.Command, warnings ...string) {
	for _, w := range warnings {
		if w != "" {
			Warn(cmd, "%s", w)
		}
	}
}

func say(w io.Writer, name, message string) {
	clearProgress()
	fmt.Fprintf(w, "%s: %s\n", name, OneLine(message))
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
	var interrupted atomic.Int32 // the status for the signal
	stop := onInterrupt(func(status int) {
		interrupted.Store(int32(status))
		cancel(errInterrupt)
	})
	defer stop()
	defer pipe.Until(ctx)()
	if out, ok := root.OutOrStdout().(*os.File); ok && blocks(out) {
		root.SetOut(pipe.Writer(out))
	}

	running = root.Name()
	t := prepare(root)
	root.SetArgs(args)
	err := t.execute(ctx)
	clearProgress()
	if err == nil {
		return StatusDone
	}
	name := root.Name()
	if t.current != nil {
		name = programName(t.current)
		err = nameFlags(err, t.current)
	}
	status = exitStatus(err, t.started, context.Cause(ctx) == errInterrupt)
	if status == StatusDone {
		return status
	}
	message, hint := explain(err, t.current, status)
	say(stderr, name, message)
	WriteExcerpt(stderr, err)
	if hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", OneLine(inSuite(root, hint)))
	}
	if status == StatusInterrupted {
		return int(interrupted.Load())
	}
	return status
}

// blocks reports whether a write to f may wait for a reader.
func blocks(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0
}

// onInterrupt calls first at the first SIGINT, SIGTERM or SIGHUP (the terminal
// was closed, unless nohup has it ignored), with the exit status for it: 128 plus
// its number. A second one ends the process with that status.
func onInterrupt(first func(status int)) (stop func()) {
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
			case got := <-signals:
				status := StatusInterrupted
				if number, ok := got.(syscall.Signal); ok {
					status = 128 + int(number)
				}
				if n > 0 {
					os.Exit(status)
				}
				first(status)
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
	cobra.EnableCommandSorting = false // commands are listed as they are added
	t := &tree{root: root}
	root.SilenceErrors, root.SilenceUsage = true, true
	for _, row := range []Flag{
		{Name: "config", Arg: "FILE", Into: new(string), Ext: []string{"json", "toml", "conf"},
			Help: "read flags from FILE, in JSON or TOML; flags on the command line take precedence"},
		{Name: "quiet", Help: "print no progress and no notes"},
		{Name: "help", Short: "h", Help: "show this help"},
	} {
		row.group = General
		declare(root, root.PersistentFlags(), row)
	}
	Declare(root, General, Flag{Name: "version", Help: "show the version"})
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		t.current = cmd
		return flagError(cmd, err)
	})
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		out := cmd.OutOrStdout()
		_, t.helpErr = io.WriteString(out, HelpText(cmd, Width(out)))
	})
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		t.current = cmd
		if err := checkLevel(); err != nil {
			return err
		}
		return applyConfig(cmd)
	}
	describeCompletion(root)
	t.visit(root)
	// Cobra's own flag needs a template for this line; text/template would make the
	// linker keep every exported method.
	work := root.RunE
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if asked, _ := cmd.Flags().GetBool("version"); asked {
			t.started = true
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n", cmd.Name(), Version())
			return err
		}
		return work(cmd, args)
	}
	return t
}

// checkLevel refuses a LUMINAVEC_CPU that package kernel would ignore.
func checkLevel() error {
	level, levels := os.Getenv("LUMINAVEC_CPU"), kernel.Levels()
	if level == "" || slices.Contains(levels, level) {
		return nil
	}
	return usage("it limits the instructions that are used; unset it to use all that the processor has", "LUMINAVEC_CPU must be %s, got %q", fault.OneOf(levels), level)
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
		// A mistyped command is reported before flags that this group does not
		// have.
		cmd.FParseErrWhitelist.UnknownFlags = true
		cmd.RunE = func(cmd *cobra.Command, args []string) error { return noCommand(cmd, args) }
	}
}

// noCommand answers a command line that ends at a group of commands, or goes on
// with a word that is not one of them.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		out := cmd.ErrOrStderr()
		fmt.Fprint(out, HelpText(cmd, Width(out)))
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
		// A file in memory that another program shortens becomes a panic, not the end.
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer func() {
			if v := recover(); v != nil {
				t.started = true
				err = panicked(v)
			}
		}()
	}
	return cmp.Or(t.root.ExecuteContext(ctx), t.helpErr)
}
