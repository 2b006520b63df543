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
		Use:   "train",
		Short: "learn embeddings from text",
		Long: `Usage: train COMMAND [options]

Learn embeddings from text by backpropagation into a model folder.

Commands:
  skipgram   word vectors: each word around a word predicts it
  cbow       word vectors: the mean of the words around a word predicts it
  sentence   sentence vectors: a text finds the one that belongs to it
  phrases    find words that belong together, for the first two
  tokenizer  learn to cut words into frequent parts, for all
  mine       find texts that a sentence model confuses, to train on as negatives
  resume     go on with a training that was interrupted, or with new text
  completion a script that completes commands and flags in your shell

Options:
` + cli.SharedHelp + `      --version          show the version

Example, on the sample of Wikipedia that comes with the program:
  $ train skipgram -o model

'train COMMAND --help' tells more about a command.
`,
	}
	for _, kind := range words.Kinds() {
		cmd.AddCommand(wordCommand(kind))
	}
	cmd.AddCommand(sentenceCommand(), phrasesCommand(), tokenizerCommand(), mineCommand(), resumeCommand())
	for _, c := range cmd.Commands() {
		nameFlags(c)
	}
	return cmd
}
