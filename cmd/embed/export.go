package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

const exportHelp = `Usage: embed export -m MODEL --format FORMAT -o FILE

Write the word vectors of a model in a format that other programs read.

Options:
` + cli.ModelHelp + `  -f, --format FORMAT    word2vec      text, a first line with the sizes
                         word2vec-bin  the same numbers as binary float32
                         glove         text, without the first line
                         npy           a NumPy array, words as in vocab.tsv
                         default: word2vec, and npy when FILE ends in .npy
  -o, --output FILE      write to FILE instead of standard output
      --force            replace FILE if it exists
` + cli.SharedHelp + `
Example:
  $ embed export -m model --format word2vec -o vectors.txt
  embed: 21,456 words, 100 dimensions, vectors.txt
`

func exportCommand() *cobra.Command {
	var format, output string
	var force bool
	cmd := &cobra.Command{Use: "export", Long: exportHelp, Args: cli.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return export(cmd, format, output, force)
	}}
	cli.AddModel(cmd)
	cmd.Flags().StringVarP(&format, "format", "f", "", "")
	cmd.Flags().StringVarP(&output, "output", "o", "", "")
	cmd.Flags().BoolVar(&force, "force", false, "")
	return cmd
}

func export(cmd *cobra.Command, name, output string, force bool) error {
	if name == "" {
		name = "word2vec"
		if strings.HasSuffix(strings.ToLower(output), ".npy") {
			name = "npy"
		}
	}
	var known []string
	var format *checkpoints.Format
	for _, f := range checkpoints.Formats() {
		known = append(known, f.Name)
		if f.Name == name {
			format = &f
		}
	}
	if format == nil {
		return cli.UsageError(fault.New("choose one of "+strings.Join(known, ", "), "unknown format %q", name))
	}
	out, err := cli.OpenOutput(cmd, cli.OutputOptions{Path: output, Force: force, Binary: format.Binary})
	if err != nil {
		return err
	}
	defer out.Abort()
	model, err := cli.ReadModel(cmd)
	if err != nil {
		return err
	}
	if err := checkpoints.Export(cmd.Context(), out, model, name); err != nil {
		return err
	}
	if err := out.Commit(); err != nil {
		return err
	}
	if output != "" && output != "-" {
		cli.Note(cmd, "%s, %d dimensions, %s", cli.Plural(model.Vocabulary.Len(), "word", "words"), model.Config.Dim, out.Name())
	}
	return nil
}
