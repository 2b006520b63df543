package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

var exportHelp = `Usage: embed export -m MODEL [options] -o FILE

Write the word vectors of a model in a format that other programs read: those
of its vocabulary or, with --words, of the words in a list. These formats have
no place for character n-grams: a model that has them can compose the vectors
of other words, and what is exported cannot. So list the words you will need.

Options:
` + cli.ModelHelp + `` + formatHelp(exchange.Writable()) + `                         default: word2vec, and npy when FILE ends in .npy
      --words LIST       the vectors of the words in the file LIST, one a line,
                         in that order; - is standard input. A word that the
                         model does not know is composed of its n-grams; one
                         that has none has the zero vector
  -o, --output FILE      write to FILE instead of standard output
      --force            replace FILE if it exists
` + cli.SharedHelp + `
Example:
  $ embed export -m model --format word2vec -o vectors.txt
  embed: 21,456 words, 100 dimensions, vectors.txt
  $ echo walkable | embed export -m model --words - --format glove
`

func exportCommand() *cobra.Command {
	var format, words, output string
	var force bool
	cmd := &cobra.Command{Use: "export", Long: exportHelp, Args: cli.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return export(cmd, format, words, output, force)
	}}
	cli.AddModel(cmd)
	cmd.Flags().StringVar(&words, "words", "", "")
	cmd.Flags().StringVarP(&format, "format", "f", "", "")
	cmd.Flags().StringVarP(&output, "output", "o", "", "")
	cmd.Flags().BoolVar(&force, "force", false, "")
	return cmd
}

func export(cmd *cobra.Command, name, list, output string, force bool) error {
	if name == "" {
		name = "word2vec"
		if strings.HasSuffix(strings.ToLower(output), ".npy") {
			name = "npy"
		}
	}
	format, err := exchange.Lookup(exchange.Writable(), name)
	if err != nil {
		return cli.UsageError(err)
	}
	var inputs []string
	if list != "" {
		inputs = append(inputs, list)
	}
	out, err := cli.OpenOutput(cmd, cli.OutputOptions{Path: output, Force: force, Binary: format.Binary, Inputs: inputs})
	if err != nil {
		return err
	}
	defer out.Abort()
	model, err := cli.ReadModel(cmd)
	if err != nil {
		return err
	}
	count := model.Vocabulary.Len()
	if cmd.Flags().Changed("words") {
		count, err = exportWords(cmd, out, model, name, list)
	} else {
		err = exchange.Export(cmd.Context(), out, model, name)
	}
	if err != nil {
		return err
	}
	if err := out.Commit(); err != nil {
		return err
	}
	if output != "" && output != "-" {
		cli.Note(cmd, "%s, %d dimensions, %s", cli.Plural(count, "word", "words"), model.Config.Dim, out.Name())
	}
	return nil
}

// exportWords exports the words of the file list, and returns how many.
func exportWords(cmd *cobra.Command, out *cli.Output, model *checkpoints.Checkpoint, format, list string) (int, error) {
	src, err := text.Open(list)
	if err != nil {
		return 0, err
	}
	if cli.IsTerminal(cmd.InOrStdin()) && list == text.Stdin {
		cli.Note(cmd, "reading words from the terminal; Ctrl-D ends")
	}
	var words []string
	for line, err := range cli.Lines(cmd.Context(), src) {
		if err != nil {
			return 0, err
		}
		if word := strings.TrimSpace(line.Text); word != "" {
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return 0, fault.New("--words takes a file with a word a line", "%s: there is no word", cli.InputName(list))
	}
	unknown, err := exchange.ExportWords(cmd.Context(), out, model, format, words)
	if err == nil && len(unknown) > 0 {
		cli.Warn(cmd, "%s the zero vector (first: %q)", cli.Plural(len(unknown), "unknown word has", "unknown words have"), words[unknown[0]])
	}
	return len(words), err
}
