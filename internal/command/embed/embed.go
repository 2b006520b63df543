// Package embed is the command embed: it turns text into vectors with a trained
// model, describes and exports a model, and imports the vectors of other programs.
package embed

import (
	"github.com/spf13/cobra"
)

// Command returns the command with its subcommands.
func Command() *cobra.Command {
	cmd := &cobra.Command{Use: "embed", Short: "Turn text into vectors with a trained model",
		Example: "$ train skipgram -o model\n$ embed text -m model < lines.txt > vectors.npy"}
	cmd.AddCommand(textCommand(), exportCommand(), importCommand(), compressCommand(), infoCommand(), explainCommand(), heatmapCommand(), formatsCommand())
	return cmd
}
