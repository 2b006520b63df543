package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func helpTool() *cobra.Command {
	root := tool(func(*cobra.Command, []string) error { return nil })
	leaf, _, _ := root.Find([]string{"work"})
	leaf.Long = "Work is done in the order in which it comes, and what is left over is done on\nthe next day.\n\n" +
		"  day    the time from sunrise to sunset, which is longer in summer than\n         in winter\n  night  the rest"
	leaf.Example = "$ tool work today"
	return leaf
}

func prepared(cmd *cobra.Command) *cobra.Command {
	prepare(cmd.Root())
	return cmd
}

func TestHelpText(t *testing.T) {
	for width, want := range map[int]string{80: `Do it.

Usage: tool work [options] [FILE]

Work is done in the order in which it comes, and what is left over is done on
the next day.

  day    the time from sunrise to sunset, which is longer in summer than in
         winter
  night  the rest

Arguments:
  FILE                   what to work on

Model:
  -n, --number N         a number (default: 7)
      --width N          how wide (default: 5)
      --kind NAME        how it is done (default: fast)
                           fast  in a hurry
                           slow  with care
      --tag TAG          a tag (repeatable)

Output:
      --json             print the report as JSON

General:
      --config FILE      read flags from FILE, in JSON or TOML; flags on the
                         command line take precedence
      --quiet            print no progress and no notes
  -h, --help             show this help

Examples:
  $ tool work today
`, 40: `Do it.

Usage: tool work [options] [FILE]

Work is done in the order in which it
comes, and what is left over is done on
the next day.

  day    the time from sunrise to
         sunset, which is longer in
         summer than in winter
  night  the rest

Arguments:
  FILE
      what to work on

Model:
  -n, --number N
      a number (default: 7)
  --width N
      how wide (default: 5)
  --kind NAME
      how it is done (default: fast)
        fast  in a hurry
        slow  with care
  --tag TAG
      a tag (repeatable)

Output:
  --json
      print the report as JSON

General:
  --config FILE
      read flags from FILE, in JSON or
      TOML; flags on the command line
      take precedence
  --quiet
      print no progress and no notes
  -h, --help
      show this help

Examples:
  $ tool work today
`} {
		if got := HelpText(prepared(helpTool()), width); got != want {
			t.Errorf("at %d columns:\n%s\nwant:\n%s", width, got, want)
		}
	}
}

func TestHelpOfAGroup(t *testing.T) {
	const want = `Try the package.

Usage: tool COMMAND [options]

Commands:
  work        Do it
  group       Do more
  completion  Print a shell completion script

General:
      --version          show the version
      --config FILE      read flags from FILE, in JSON or TOML; flags on the
                         command line take precedence
      --quiet            print no progress and no notes
  -h, --help             show this help

Run 'tool COMMAND --help' for the options of a command.
`
	if got := HelpText(prepared(helpTool()).Root(), 80); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// In the binary of all commands, command lines begin with its name.
func TestHelpInTheSuite(t *testing.T) {
	root := &cobra.Command{Use: Suite}
	embed := &cobra.Command{Use: "embed"}
	text := &cobra.Command{Use: "text"}
	embed.AddCommand(text)
	root.AddCommand(embed)
	const was = "$ zcat x | train skipgram - -o m\nsee 'search query --help'; train well"
	const want = "$ zcat x | luminavec train skipgram - -o m\nsee 'luminavec search query --help'; train well"
	if got := inSuite(text, was); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := programName(text); got != "luminavec embed" {
		t.Errorf("messages begin with %q", got)
	}
}

func completed(t *testing.T, line string) (status int, out string) {
	t.Helper()
	var stdout bytes.Buffer
	root := helpTool().Root()
	root.SetOut(&stdout)
	root.SetErr(new(bytes.Buffer))
	words := strings.Fields(line)
	if strings.HasSuffix(line, " ") {
		words = append(words, "")
	}
	return run(root, words), stdout.String()
}

func TestCompletion(t *testing.T) {
	for line, want := range map[string]string{
		"__complete work --kind ":     "fast\tin a hurry\nslow\twith care\n:4\n",
		"__complete work --number ":   ":4\n",
		"__complete work --config ":   "json\ntoml\nconf\n:8\n",
		"__complete work ":            ":0\n",
		"__complete work --tag x --k": "--kind\thow it is done\n:4\n",
	} {
		status, out := completed(t, line)
		if status != StatusDone || out != want {
			t.Errorf("%s: status %d, %q, want %q", line, status, out, want)
		}
	}
}
