// Command embed turns text into vectors with a trained model, shows and exports
// what is in one, and imports the vectors of other programs.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
)

const rootHelp = `Usage: embed COMMAND [options]

Turn text into vectors with a model that train made.

Commands:
  text       a vector for each line of text
  export     write the word vectors in another program's format
  import     make a model of another program's word vectors
  info       what is in a model
  explain    the way from a text to its vector, number by number
  completion a script that completes commands and flags in your shell

Options:
` + cli.SharedHelp + `      --version          show the version

Example:
  $ train skipgram -o model
  $ embed text -m model < lines.txt > vectors.npy

'embed COMMAND --help' tells more about a command.
`

func main() { os.Exit(cli.Run(root())) }

func root() *cobra.Command {
	cmd := &cobra.Command{Use: "embed", Long: rootHelp}
	cmd.AddCommand(textCommand(), exportCommand(), importCommand(), infoCommand(), explainCommand())
	return cmd
}
