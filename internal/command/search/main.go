// Command search makes collections of text that answer questions, and looks
// into a model: neighbours of words, analogies, and how good its vectors are.
package search

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
)

const rootHelp = `Usage: search COMMAND [options]

Search text by meaning with a model that train made, and judge the model.

Commands:
  build      make a collection: the lines of text files, ready to be asked
  query      ask a collection, once or at a prompt
  neighbors  the words nearest to a word
  analogy    king - man + woman = ?
  eval       how good the vectors and the index are
  verify     check every file of a model, a collection or an index
  completion a script that completes commands and flags in your shell

Options:
` + cli.SharedHelp + `      --version          show the version

Example:
  $ search build -m model articles.txt -o docs
  $ search query docs "who discovered penicillin"

'search COMMAND --help' tells more about a command.
`

func main() { os.Exit(cli.Run(root())) }

func root() *cobra.Command {
	cmd := &cobra.Command{Use: "search", Long: rootHelp}
	cmd.AddCommand(buildCommand(), queryCommand(), neighborsCommand(), analogyCommand(), evalCommand(), verifyCommand())
	return cmd
}
