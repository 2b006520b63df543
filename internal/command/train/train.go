// Package train is the command train: it learns word and sentence vectors from text, and
// what goes with them: tokenizers, phrases and hard negatives.
package train

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/words"
)

// Command returns the command with its subcommands.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "train",
		Short:   "Train embeddings on text",
		Example: "$ train skipgram -o model\n$ train sentence -o model",
	}
	for _, kind := range words.Kinds() {
		cmd.AddCommand(wordCommand(kind))
	}
	cmd.AddCommand(phrasesCommand(), tokenizerCommand(), resumeCommand())
	for _, c := range cmd.Commands() {
		markUsage(c)
	}
	cmd.AddCommand(sentenceCommand(), mineCommand()) // their tables name all fields
	return cmd
}
