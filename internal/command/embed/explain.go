package embed

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/transformer"
)

func explainCommand() *cobra.Command {
	var example bool
	var look attentionOptions
	cmd := &cobra.Command{
		Use:   "explain -m MODEL [options] TEXT\nexplain --example [TEXT]",
		Short: "Show how a text becomes a vector, step by step",
		Long: `
It prints the tokens, the vector of each, the Linear layer and ReLU if the model has
them, the mean, the projection and the normalization, so that the result can be
checked by hand. For a word that is not in the vocabulary it prints the character
n-grams that the vector is composed of, if the model has any.

Of a transformer it prints the tokens with their positions, how much each token takes
from each other (the attention weights of a layer, of one of its heads or the mean of
all), and the pooling. --json prints the weights of all layers and heads, and the vectors
of the tokens after the last layer.`,
		Example: `
$ embed explain --example "how are you"
$ embed explain -m all-MiniLM-L6-v2 --layer 1 --head 3 "the bank of the river"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return explain(cmd, strings.Join(args, " "), example, look)
		}}
	cli.Declare(cmd, cli.ForInput, cli.SentenceModelFlag(), cli.PromptFlag(), cli.Flag{Name: "example", Into: &example,
		Help: "use a model of 22 words and 2 layers, small enough to check by hand; TEXT defaults to \"how are you\""})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "layer", Arg: "N", Into: &look.layer, Positive: true, Help: "print the attention weights of this layer of a transformer", Default: "the last"},
		cli.Flag{Name: "head", Arg: "N", Into: &look.head, Positive: true, Help: "those of this head", Default: "the mean of all heads"},
		cli.JSONFlag())
}

func explain(cmd *cobra.Command, text string, example bool, look attentionOptions) error {
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
		m, err := cli.OpenModel(cmd)
		if err != nil {
			return err
		}
		if t, ok := m.(*transformer.Encoder); ok {
			return explainTransformer(cmd, t, text, look)
		}
		enc, _ = m.(*sentence.Encoder)
	}
	if look != (attentionOptions{}) {
		return cli.UsageError(fault.New("leave them out, or name a transformer with -m", "--layer and --head are for transformers"))
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
