package clitest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/luminavec/luminavec/internal/cli"
)

// CheckHelp tests the help of root and of the commands below it: it names each
// flag with the default that the flag has, fits terminals of 80 and 40 columns,
// and the shell has completions for each value.
func CheckHelp(t *testing.T, root *cobra.Command) {
	t.Helper()
	root.InitDefaultHelpFlag()
	for _, child := range root.Commands() {
		CheckHelp(t, child)
	}
	path := root.CommandPath()
	if s := root.Short; s == "" || strings.HasSuffix(s, ".") || s[:1] != strings.ToUpper(s[:1]) {
		t.Errorf("%s: the summary %q should be a capitalised sentence without a full stop", path, s)
	}
	text := cli.HelpText(root, 80)
	for _, width := range []int{80, 40} {
		before, _, _ := strings.Cut(cli.HelpText(root, width), "\nExamples:")
		for _, line := range strings.Split(before, "\n") {
			if cli.Columns(line) > width {
				t.Errorf("%s: longer than %d columns: %s", path, width, line)
			}
		}
	}
	root.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		if problem := checkFlag(root, f, text); problem != "" {
			t.Errorf("%s: --%s %s", path, f.Name, problem)
		}
	})
}

var nextFlag = regexp.MustCompile(`\n(?:  (?:-[a-z], |    )--|\n)`)

func checkFlag(cmd *cobra.Command, f *pflag.Flag, text string) string {
	at := regexp.MustCompile(`\n  (?:-[a-z], |    )--` + f.Name + `\b[^-]`).FindStringIndex(text)
	if at == nil {
		return "is missing from the help"
	}
	entry := text[at[1]-1:]
	if end := nextFlag.FindStringIndex(entry); end != nil {
		entry = entry[:end[0]]
	}
	entry = strings.Join(strings.Fields(entry), " ")
	if strings.Count(entry, "repeatable") > 1 {
		return "is called repeatable twice: " + entry
	}
	value := strings.Trim(f.DefValue, "[]")
	switch f.Value.Type() {
	case "duration":
		value = strings.TrimSuffix(value, "0s")
	case "bool":
		value = strings.TrimSuffix(value, "false")
	case "stringArray":
		value = strings.ReplaceAll(value, ",", ", ")
	case "string":
		if value != "" && f.Value.Set(value) != nil {
			return "has a default that it does not take: " + value
		}
	}
	_, shown, stated := strings.Cut(entry, "default: ")
	switch zero := value == "" || value == "0"; {
	case !zero && !strings.Contains(shown, value):
		return "has the default " + value + ", but the help says: " + entry
	case f.Value.Type() != "bool" && f.Value.Type() != "string" && f.Value.Type() != "stringArray" && !stated:
		return "has no default in the help"
	}
	if f.Value.Type() == "bool" {
		return ""
	}
	return checkCompletion(cmd, f, strings.Fields(entry + " -")[0])
}

// checkCompletion checks that the shell completes the value of a flag: the names in the
// help, or files or folders, as the argument in the help says.
func checkCompletion(cmd *cobra.Command, f *pflag.Flag, arg string) string {
	complete, ok := cmd.GetFlagCompletionFunc(f.Name)
	if !ok {
		return "has no completion"
	}
	values, directive := complete(cmd, nil, "")
	want := cobra.ShellCompDirectiveNoFileComp
	switch {
	case directive == cobra.ShellCompDirectiveFilterFileExt && strings.HasSuffix(arg, "FILE"):
		return ""
	case len(values) > 0 && f.Value.Set("surely none of them") == nil: // other values, such as files
		want = cobra.ShellCompDirectiveDefault
	case len(values) > 0:
		for _, v := range values {
			name, _, _ := strings.Cut(v, "\t")
			if err := f.Value.Set(name); err != nil {
				return "completes " + name + ", which it does not take: " + err.Error()
			}
		}
	case arg == "MODEL" || arg == "DIR" || arg == "FOLDER":
		want = cobra.ShellCompDirectiveFilterDirs
	case strings.HasSuffix(arg, "FILE"):
		want = cobra.ShellCompDirectiveDefault
	}
	if directive != want {
		return fmt.Sprintf("with the value %s is completed with directive %d, want %d", arg, directive, want)
	}
	return ""
}
