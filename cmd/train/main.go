// Command train learns embeddings from text into a model folder.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/words"
)

func main() { os.Exit(cli.Run(root())) }

func root() *cobra.Command {
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
