package embed

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

func explainCommand() *cobra.Command {
	var example bool
	cmd := &cobra.Command{
		Use:   "explain -m MODEL TEXT\nexplain --example [TEXT]",
		Short: "Show how a text becomes a vector, step by step",
		Long: `
It prints the tokens, the vector of each, the Linear layer and ReLU if the model has
them, the mean, the projection and the normalization, so that the result can be
checked by hand. For a word that is not in the vocabulary it prints the character
n-grams that the vector is composed of, if the model has any.`,
		Example: `$ embed explain --example "how are you"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return explain(cmd, strings.Join(args, " "), example)
		}}
	cli.Declare(cmd, cli.ForInput, cli.SentenceModelFlag(), cli.Flag{Name: "example", Into: &example,
		Help: "use a model of 22 words and 2 layers, small enough to check by hand; TEXT defaults to \"how are you\""})
	return cli.Declare(cmd, cli.ForOutput, cli.JSONFlag())
}

func explain(cmd *cobra.Command, text string, example bool) error {
	var enc *sentence.Encoder
	switch {
	case example && cmd.Flags().Changed("model"):
		return cli.UsageError(fault.New("leave one of them out", "--example and --model cannot be used together"))
	case example:
		enc = sentence.WorkedExample()
		if text == "" {
			text = "how are you"
		}
	case text == "":
		return cli.UsageError(fault.New(`name it: 'embed explain -m model "how are you"'`, "no text to explain"))
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
