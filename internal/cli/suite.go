package cli

import (
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// Suite is the name of the binary that holds the commands train, embed and
// search as its own. In it their names have its name in front, in messages, in
// help and in command lines that are proposed.
const Suite = "luminavec"

// programName is how messages begin: "embed", or "luminavec embed".
func programName(cmd *cobra.Command) string {
	words := strings.Fields(cmd.CommandPath())
	if words[0] == Suite && len(words) > 1 {
		return words[0] + " " + words[1]
	}
	return words[0]
}

var commandLine = regexp.MustCompile(`('|[$|] )(train|embed|search) `)

// inSuite puts the name of the suite before the command lines in a text: those
// in single quotes, and those after a prompt or a pipe.
func inSuite(cmd *cobra.Command, text string) string {
	if cmd == nil || cmd.Root().Name() != Suite {
		return text
	}
	return commandLine.ReplaceAllString(text, "${1}"+Suite+" $2 ")
}
