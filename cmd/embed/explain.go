package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

const explainHelp = `Usage: embed explain -m MODEL TEXT
       embed explain --example [TEXT]

Show how a text becomes a vector, as one would do it by hand: the tokens, the
vector of each, the Linear layer and ReLU where the model has them, the mean,
the projection and the normalisation. Of a word that is not in the vocabulary
it shows the character n-grams that it is composed of, if the model has any.

Options:
` + cli.ModelHelp + `      --example          a model of 22 words and 2 layers, small enough to check
                         with a pencil (default text: "how are you")
` + cli.JSONHelp + cli.SharedHelp + `
Example:
  $ embed explain --example "how are you"
`

func explainCommand() *cobra.Command {
	var example bool
	cmd := &cobra.Command{Use: "explain", Long: explainHelp, RunE: func(cmd *cobra.Command, args []string) error {
		return explain(cmd, strings.Join(args, " "), example)
	}}
	cli.AddModel(cmd)
	cli.AddJSON(cmd)
	cmd.Flags().BoolVar(&example, "example", false, "")
	return cmd
}

func explain(cmd *cobra.Command, text string, example bool) error {
	var enc *sentence.Encoder
	switch {
	case example && cmd.Flags().Changed("model"):
		return cli.UsageError(fault.New("leave one out", "--example and --model exclude each other"))
	case example:
		enc = sentence.WorkedExample()
		if text == "" {
			text = "how are you"
		}
	case text == "":
		return cli.UsageError(fault.New(`give it in quotes: embed explain -m model "how are you"`, "no text to explain"))
	default:
		var err error
		if enc, err = cli.OpenEncoder(cmd); err != nil {
			return err
		}
	}
	x, err := enc.Explain(text)
	if err != nil {
		return err
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), x)
	}
	_, err = x.WriteTo(cmd.OutOrStdout())
	return err
}
