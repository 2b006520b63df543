// Package train is the command train: it learns word and sentence vectors from text, and
// what goes with them: tokenizers, phrases and hard negatives.
package train

import (
	"github.com/spf13/cobra"

	_ "github.com/luminavec/luminavec/cbow" // registers itself
	"github.com/luminavec/luminavec/internal/words"
	_ "github.com/luminavec/luminavec/skipgram"
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
	cmd.AddCommand(sentenceCommand())
	cmd.AddCommand(resumeCommand(), averageCommand(cmd.Commands()...), vocabCommand(), tokenizerCommand(), phrasesCommand(), mineCommand(), distillCommand())
	return cmd
}
