package cli

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var flagName = regexp.MustCompile(`(?:^|[\s\[(,|])--([a-z][a-z0-9-]*)`)

// CheckHelp reports where the hand-written help of root and of the commands
// below it has left their flags behind: a flag that its text does not name, an
// option line for a flag that does not exist, or a line longer than 80 columns.
// It is meant for a test of each command.
func CheckHelp(root *cobra.Command) error {
	prepare(root)
	return checkHelp(root)
}

func checkHelp(cmd *cobra.Command) error {
	if !strings.HasPrefix(cmd.Long, "Usage:") {
		return fmt.Errorf("%s: the help does not start with \"Usage:\"", cmd.CommandPath())
	}
	if !strings.HasSuffix(cmd.Long, "\n") {
		return fmt.Errorf("%s: the help does not end with a line break", cmd.CommandPath())
	}
	for i, line := range strings.Split(cmd.Long, "\n") {
		if Columns(line) > 80 {
			return fmt.Errorf("%s: line %d of the help is longer than 80 columns: %s", cmd.CommandPath(), i+1, line)
		}
		// An option line: "  -o, --output FILE   text".
		if t := strings.TrimSpace(line); strings.HasPrefix(t, "-") {
			for _, m := range flagName.FindAllStringSubmatch(strings.SplitN(t, "   ", 2)[0], -1) {
				if cmd.Flag(m[1]) == nil && m[1] != "help" && m[1] != "version" {
					return fmt.Errorf("%s: the help describes --%s, which does not exist", cmd.CommandPath(), m[1])
				}
			}
		}
	}
	var missing []string
	if cmd.HasParent() && !cmd.HasSubCommands() {
		check := func(f *pflag.Flag) {
			if !f.Hidden && !strings.Contains(cmd.Long, "--"+f.Name) {
				missing = append(missing, "--"+f.Name)
			}
		}
		cmd.LocalFlags().VisitAll(check)
		cmd.InheritedFlags().VisitAll(check)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s: the help does not name %s", cmd.CommandPath(), strings.Join(missing, ", "))
	}
	for _, child := range cmd.Commands() {
		if child.Hidden || child.Name() == "help" || child.Name() == "completion" {
			continue
		}
		if !strings.Contains(cmd.Long, child.Name()) {
			return fmt.Errorf("%s: the help does not name the command %s", cmd.CommandPath(), child.Name())
		}
		if err := checkHelp(child); err != nil {
			return err
		}
	}
	return nil
}
