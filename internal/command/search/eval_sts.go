package search

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
)

// resamples is how many bootstrap samples an interval is computed from.
const resamples = 1000

func evalSTSCommand() *cobra.Command {
	var paths []string
	var read sets.STSOptions
	o := evaluate.STSOptions{Resamples: resamples}
	cmd := &cobra.Command{
		Use:   "sts [-m MODEL] [options]",
		Short: "Correlate the cosines of pairs of sentences with scores given by people",
		Long: `
Spearman compares the order, Pearson the values; 1 is perfect, 0 is chance. Any model
can be evaluated: a sentence is the mean of its words in a word model. All pairs count:
a sentence without a known token has the cosine 0 with any other, and such pairs are
reported as unknown. The interval contains 95% of 1,000 bootstrap samples of the pairs:
models whose intervals overlap widely may differ by chance.

The columns of a set are detected from its header and its numbers, and reported. Labels
0, 1 and 2 are refused unless --labels says what they mean.`,
		Example: "$ search eval sts -m model --set stsb-en-dev.csv",
		Args:    cli.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return evalSTS(cmd, paths, read, o) },
	}
	cli.Declare(cmd, cli.ForInput, cli.SentenceModelFlag(), cli.PromptFlag(), cli.PrecisionFlag(),
		setFlag(&paths, "FILE", "pairs with scores: sentence, sentence and score in TSV, CSV, JSON Lines or Parquet, with or without a header, or the columns of the STS benchmark",
			"the STS benchmark's dev set"),
		cli.ScoreColumnFlag(&read.ScoreColumn),
		cli.Flag{Name: "score-range", Arg: "LOW,HIGH", Into: &read.ScoreRange, Field: "ScoreRange", Help: "lowest and highest possible score; another is an error", Default: "any"},
		cli.Flag{Name: "labels", Arg: "LABEL=X,...", Into: &read.Labels, Field: "Labels", Help: "what labels mean, from 0 (not related) to 1 (related); pairs with others are skipped",
			Default: "names such as entailment=1,neutral=0,contradiction=0"},
		dimFlag(&o.Dim))
	return cli.Declare(cmd, cli.ForOutput, reportsFlag("set"))
}

// dimFlag declares --dim of an evaluation.
func dimFlag(dim *int) cli.Flag {
	return cli.Flag{Name: "dim", Arg: "N", Into: dim, Field: "Dim", Positive: true, Default: "all",
		Help: "use the first N values of each vector, for truncatable (Matryoshka) vectors"}
}

func evalSTS(cmd *cobra.Command, paths []string, o sets.STSOptions, compare evaluate.STSOptions) error {
	if err := needsSet(cmd, paths); err != nil {
		return err
	}
	read := func(path string) (*sets.STS, error) {
		set, err := sets.ReadSTS(cmd.Context(), path, o)
		if err == nil {
			cli.Note(cmd, "%s: read %s: %s", cli.Printable(cli.InputName(path)), cli.Plural(len(set.Pairs), "pair", "pairs"), cli.Printable(set.Layout))
		}
		return set, err
	}
	all, err := readSets(paths, read, sets.STSBenchmarkDev)
	if err != nil {
		return err
	}
	encoder, err := cli.OpenModel(cmd)
	if err != nil {
		return err
	}
	defer func() { cli.WarnTruncated(cmd, encoder) }()
	return judge(cmd, all, func(set *sets.STS) (evaluate.STSResult, error) {
		r, err := evaluate.STS(cmd.Context(), encoder, set, compare)
		return warned(cmd, set.Name, r, err)
	}, evaluate.WriteSTS)
}
