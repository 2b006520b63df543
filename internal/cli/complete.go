package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// complete completes the value of a row: its values, files or folders.
func (r *Flag) complete(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var values []cobra.Completion
	for _, v := range r.Values {
		if v.Name != strings.ToUpper(v.Name) {
			values = append(values, cobra.CompletionWithDesc(v.Name, v.Help))
		}
	}
	arg := strings.Trim(r.Arg, "[].")
	switch {
	case len(values) > 0 && r.Open:
		return values, cobra.ShellCompDirectiveDefault
	case len(values) > 0:
		return values, cobra.ShellCompDirectiveNoFileComp
	case len(r.Ext) > 0:
		return r.Ext, cobra.ShellCompDirectiveFilterFileExt
	case arg == "MODEL" || arg == "DIR" || arg == "FOLDER":
		return nil, cobra.ShellCompDirectiveFilterDirs
	case strings.HasSuffix(arg, "FILE") || arg == "PATH" || arg == "CORPUS" || arg == "PAIRS" || arg == "INDEX" || arg == "LIST":
		return nil, cobra.ShellCompDirectiveDefault
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// shells are the shells for which there is a completion script: what to know about it, and
// how to load it now and in every session; %s is the name of the program.
var shells = map[string][2]string{
	"bash": {"The script requires the package bash-completion.",
		"$ source <(%[1]s completion bash)\n$ %[1]s completion bash > /etc/bash_completion.d/%[1]s"},
	"zsh": {"Completion must be enabled in ~/.zshrc with 'autoload -U compinit; compinit'.",
		"$ source <(%[1]s completion zsh)\n$ %[1]s completion zsh > \"${fpath[1]}/_%[1]s\""},
	"fish": {"", "$ %[1]s completion fish | source\n$ %[1]s completion fish > ~/.config/fish/completions/%[1]s.fish"},
	"powershell": {"To load the script in every session, add the line of the example to your profile.",
		"PS> %[1]s completion powershell | Out-String | Invoke-Expression"},
}

// describeCompletion adds cobra's command completion, with help in our words.
func describeCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "completion" {
			continue
		}
		cmd.Short, cmd.Long = "Print a shell completion script", ""
		for _, shell := range cmd.Commands() {
			about := shells[shell.Name()]
			shell.Short, shell.Long, shell.Example = "Print the completion script for "+shell.Name(), about[0], fmt.Sprintf(about[1], root.Name())
			if f := shell.Flags().Lookup("no-descriptions"); f != nil {
				f.Usage = "complete names without descriptions"
			}
		}
	}
}

// flagError rewrites an error of the parser of flags.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.As(err, &invalid):
		return fmt.Errorf("%s must be %s, got %q", dashed(invalid.GetFlag()), mustBe(invalid.GetFlag()), invalid.GetValue())
	case errors.As(err, &missing):
		if must := mustBe(missing.GetFlag()); must != "text" {
			return fmt.Errorf("%s needs a value: %s", dashed(missing.GetFlag()), must)
		}
		return fmt.Errorf("%s needs a value", dashed(missing.GetFlag()))
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return fmt.Errorf("unknown flag -%s", unknown.GetSpecifiedName())
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if near := nearestFlag(cmd, name); near != "" {
			return fmt.Errorf("unknown flag --%s (did you mean --%s?)", name, near)
		}
		return fmt.Errorf("unknown flag --%s", name)
	}
	return err
}

// nearestFlag returns the flag whose name is nearest to a mistyped one: at most
// a third of its letters apart, or its beginning. To a single letter none is near.
func nearestFlag(cmd *cobra.Command, name string) string {
	if len(name) < 2 {
		return ""
	}
	best, least := "", max(len(name)/3, 1)+1
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		d := distance(name, f.Name)
		if len(name) > 2 && strings.HasPrefix(f.Name, name) {
			d = 1
		}
		if d < least {
			best, least = f.Name, d
		}
	})
	return best
}

// distance counts the letters to insert, delete, replace or swap with the next
// to make b of a (optimal string alignment).
func distance(a, b string) int {
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			next[j+1] = min(row[j]+change, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
