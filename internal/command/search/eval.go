package search

import (
	"io"
	"math"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

func evalCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "eval", Short: "Evaluate the vectors of a model, or an index"}
	cmd.AddCommand(evalWordsCommand(), evalAnalogiesCommand(), evalSTSCommand(), evalRetrievalCommand(), evalANNCommand(), evalAllCommand())
	return cmd
}

// setFlag declares --set.
func setFlag(paths *[]string, arg, help, bundled string) cli.Flag {
	return cli.Flag{Name: "set", Arg: arg, Into: paths, Help: help, Default: bundled + ", bundled"}
}

// needsSet checks that flags that say how a set is read are given with one.
func needsSet(cmd *cobra.Command, paths []string) error {
	for _, name := range []string{"score-column", "score-range", "labels"} {
		if cmd.Flags().Changed(name) && len(paths) == 0 {
			return cli.UsageError(fault.New("name the file: --set FILE", "--%s requires --set", name))
		}
	}
	return nil
}

// judge evaluates with each set, and prints the reports.
func judge[S, R any](cmd *cobra.Command, sets []S, evaluate func(S) (R, error), write func(io.Writer, []R) error) error {
	reports := make([]R, len(sets))
	for i, set := range sets {
		var err error
		if reports[i], err = evaluate(set); err != nil {
			return err
		}
	}
	if cli.JSON(cmd) {
		return cli.WriteJSONEach(cmd.OutOrStdout(), reports)
	}
	return write(cmd.OutOrStdout(), reports)
}

// warned warns of a result on a set that says little or nothing.
func warned[R interface{ Warning() string }](cmd *cobra.Command, set string, r R, err error) (R, error) {
	if err == nil && r.Warning() != "" {
		cli.Warn(cmd, "%s: %s", set, r.Warning())
	}
	return r, err
}

func evalWordsCommand() *cobra.Command {
	var paths []string
	var o sets.WordPairsOptions
	cmd := &cobra.Command{
		Use:   "words -m MODEL [options]",
		Short: "Correlate the cosines of pairs of words with scores given by people",
		Long: `
Spearman compares the order, Pearson the values; 1 is perfect, 0 is chance. Pairs with
an unknown word are skipped and counted: read a correlation together with the share of
pairs found. A model with character n-grams composes unknown words and counts their
pairs too.

The columns of a file are detected from its header and its rows: the score is the only
column of numbers, the one that the header calls score, similarity, mean or the like, or
the mean of the others. Parts of speech, ids and annotators are ignored.`,
		Example: "$ search eval words -m model --json",
		Args:    cli.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return evalWords(cmd, paths, o) },
	}
	cli.Declare(cmd, cli.ForInput, cli.ModelFlag(),
		setFlag(&paths, "FILE", "pairs of words with scores, one per line, in columns", "WordSim-353"), cli.ScoreColumnFlag(&o.ScoreColumn))
	return cli.Declare(cmd, cli.ForOutput, reportsFlag("set"))
}

func evalWords(cmd *cobra.Command, paths []string, o sets.WordPairsOptions) error {
	if err := needsSet(cmd, paths); err != nil {
		return err
	}
	read := func(path string) (*sets.WordPairs, error) {
		set, err := o.Read(cmd.Context(), path)
		if err == nil {
			cli.Note(cmd, "%s: read %s: %s", cli.Printable(cli.InputName(path)), cli.Plural(len(set.Pairs), "pair", "pairs"), set.Columns)
		}
		return set, err
	}
	all, err := readSets(paths, read, sets.WordSim353)
	if err != nil {
		return err
	}
	vectors, err := wordVectors(cmd)
	if err != nil {
		return err
	}
	return judge(cmd, all, func(set *sets.WordPairs) (evaluate.SimilarityReport, error) {
		return warned(cmd, set.Name, evaluate.Words(vectors, set), nil)
	}, evaluate.WriteSimilarity)
}

func evalAnalogiesCommand() *cobra.Command {
	var paths []string
	restrict := uint64(30000)
	cmd := &cobra.Command{
		Use:   "analogies -m MODEL [options]",
		Short: `Answer questions "a is to b as c is to what?" and count the correct answers`,
		Long: `
The answer is the word nearest to b - a + c, except the three words themselves. Questions
with a word outside the vocabulary are skipped, even if the model has character n-grams;
accuracy is over the rest. Sections named as in the sets of Google, MSR and BATS, or
starting with semantic or syntactic, count as such; all others count as "other".`,
		Example: "$ search eval analogies -m model",
		Args:    cli.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return evalAnalogies(cmd, paths, restrict) },
	}
	cli.Declare(cmd, cli.ForInput, cli.ModelFlag(),
		setFlag(&paths, "FILE", "questions, four words per line; a line that starts with \":\" starts a section", "Google's analogies"),
		cli.Flag{Name: "restrict", Arg: "N", Into: &restrict, Field: "Restrict", Help: "search the N most frequent words; 0 searches all"})
	return cli.Declare(cmd, cli.ForOutput, reportsFlag("set"))
}

func evalAnalogies(cmd *cobra.Command, paths []string, restrict uint64) error {
	read := func(path string) (*sets.Analogies, error) { return sets.ReadAnalogies(cmd.Context(), path) }
	all, err := readSets(paths, read, sets.GoogleAnalogies)
	if err != nil {
		return err
	}
	vectors, err := wordVectors(cmd)
	if err != nil {
		return err
	}
	o := evaluate.AnalogyOptions{Restrict: int(min(restrict, math.MaxInt32))}
	if restrict == 0 {
		o.Restrict = -1 // all, to the library
	}
	return judge(cmd, all, func(set *sets.Analogies) (*evaluate.AnalogyResult, error) {
		r, err := evaluate.AnalogyReport(cmd.Context(), vectors, set, o)
		return warned(cmd, set.Name, r, err)
	}, evaluate.WriteAnalogies)
}
