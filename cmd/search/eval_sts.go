package main

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
)

const evalSTSHelp = `Usage: search eval sts -m MODEL [options]

Correlate the cosines of pairs of sentences with the scores that people gave
them. Spearman compares the order, Pearson the values; 1 is perfect, 0 is
chance. Any model will do: a sentence of a word model is the mean of its words.
All pairs count: a sentence of which the model knows no token has cosine 0 with
any other, and such pairs are counted as unknown. The interval holds 95% of
1,000 samples that are drawn of the pairs (bootstrap): two models whose
intervals overlap widely may differ by chance of the set.
--json prints one object for a set; with several sets, one object a line.

Options:
` + cli.ModelHelp + `      --set FILE         a set of pairs, sentence, sentence and score as TSV,
                         CSV or JSON Lines, with or without a header, or the
                         STS benchmark's own columns; repeatable
                         (default: the STS benchmark's dev set, bundled)
      --dim N            compare by the first N values of the vectors only
                         (default: all), for Matryoshka models
` + cli.JSONHelp + cli.SharedHelp + `
Example:
  $ search eval sts -m model --set stsb-en-dev.csv
`

func evalSTSCommand() *cobra.Command {
	var sets []string
	var dim int
	cmd := &cobra.Command{Use: "sts", Long: evalSTSHelp, Args: cli.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return evalSTS(cmd, sets, dim)
	}}
	cli.AddModel(cmd)
	cli.AddJSON(cmd)
	cmd.Flags().StringArrayVar(&sets, "set", nil, "")
	cmd.Flags().IntVar(&dim, "dim", 0, "")
	return cmd
}

// resamples is how many bootstrap samples an interval is made of.
const resamples = 1000

func evalSTS(cmd *cobra.Command, paths []string, dim int) error {
	if err := checkDim(cmd, dim); err != nil {
		return err
	}
	evalSets := []*sets.STS{}
	for _, path := range paths {
		set, err := sets.ReadSTS(cmd.Context(), path)
		if err != nil {
			return err
		}
		evalSets = append(evalSets, set)
	}
	encoder, err := cli.OpenEncoder(cmd)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		evalSets = append(evalSets, sets.STSBenchmarkDev())
	}
	results := make([]evaluate.STSResult, len(evalSets))
	for i, set := range evalSets {
		r, err := evaluate.STS(cmd.Context(), encoder, set, evaluate.STSOptions{Dim: dim, Resamples: resamples})
		if err != nil {
			return err
		}
		if results[i] = r; r.Missing == r.Pairs {
			warnNothingKnown(cmd, set.Name, "a token of both sentences", cli.Plural(r.Pairs, "pair", "pairs"))
		}
	}
	if cli.JSON(cmd) {
		return cli.WriteJSONEach(cmd.OutOrStdout(), results)
	}
	return evaluate.WriteSTS(cmd.OutOrStdout(), results)
}

// checkDim checks --dim, which is 0 when it is not given.
func checkDim(cmd *cobra.Command, dim int) error {
	if !cmd.Flag("dim").Changed {
		return nil
	}
	return cli.AtLeastOne("--dim", dim)
}
