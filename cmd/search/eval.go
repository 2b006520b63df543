package main

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
)

const evalHelp = `Usage: search eval words|analogies|sts|retrieval|ann -m MODEL [options]

Measure how good the vectors of a model are, and the index on them.

Commands:
  words      cosines against what people say of pairs of words
  analogies  a is to b as c is to what?
  sts        cosines against what people say of pairs of sentences
  retrieval  how well documents are found that people found relevant
  ann        recall and speed of the approximate index

Options:
` + cli.SharedHelp + `
'search eval COMMAND --help' tells more.
`

const evalWordsHelp = `Usage: search eval words -m MODEL [options]

Correlate the cosines of pairs of words with the scores that people gave them.
Spearman compares the order, Pearson the values; 1 is perfect, 0 is chance.
Pairs with a word that the model does not know are left out and counted: read
a correlation together with the share of pairs found. A model with character
n-grams composes the words that it does not know, and counts these pairs too.
--json prints one object for a set; with several sets, one object a line.

Options:
` + cli.ModelHelp + `      --set FILE         a set of pairs, "word word score" a line; repeatable
                         (default: WordSim-353, bundled)
` + cli.JSONHelp + cli.SharedHelp + `
Example:
  $ search eval words -m model --json
`

const evalAnalogiesHelp = `Usage: search eval analogies -m MODEL [options]

Ask "a is to b as c is to what?" and count the right answers: the word nearest
to b - a + c, the three words left out. Questions with a word that the model
does not know are skipped, also by a model with character n-grams; accuracy is
over the rest. --json prints one object for a set; with several sets, one
object a line.

Options:
` + cli.ModelHelp + `      --set FILE         a set of questions, four words a line, sections begin
                         with ":"; repeatable (default: Google's, bundled)
      --restrict N       among the N most frequent words (default
                         30,000; 0: all)
` + cli.JSONHelp + cli.SharedHelp + `
Example:
  $ search eval analogies -m model
`

func evalCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "eval", Long: evalHelp}
	cmd.AddCommand(evalWordsCommand(), evalAnalogiesCommand(), evalSTSCommand(), evalRetrievalCommand(), evalANNCommand())
	return cmd
}

func evalWordsCommand() *cobra.Command {
	var sets []string
	cmd := &cobra.Command{Use: "words", Long: evalWordsHelp, Args: cli.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return evalWords(cmd, sets)
	}}
	cli.AddModel(cmd)
	cli.AddJSON(cmd)
	cmd.Flags().StringArrayVar(&sets, "set", nil, "")
	return cmd
}

func evalWords(cmd *cobra.Command, paths []string) error {
	evalSets := []*sets.WordPairs{}
	for _, path := range paths {
		set, err := sets.ReadWordPairs(path)
		if err != nil {
			return err
		}
		evalSets = append(evalSets, set)
	}
	vectors, err := wordVectors(cmd)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		evalSets = append(evalSets, sets.WordSim353())
	}
	reports := make([]evaluate.SimilarityReport, len(evalSets))
	for i, set := range evalSets {
		reports[i] = evaluate.Words(vectors, set)
		if reports[i].Pairs == 0 {
			warnNothingKnown(cmd, set.Name, "all words", cli.Plural(len(set.Pairs), "pair", "pairs"))
		}
	}
	if cli.JSON(cmd) {
		return cli.WriteJSONEach(cmd.OutOrStdout(), reports)
	}
	return evaluate.WriteSimilarity(cmd.OutOrStdout(), reports)
}

func evalAnalogiesCommand() *cobra.Command {
	var sets []string
	var restrict int
	cmd := &cobra.Command{Use: "analogies", Long: evalAnalogiesHelp, Args: cli.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return evalAnalogies(cmd, sets, restrict)
	}}
	cli.AddModel(cmd)
	cli.AddJSON(cmd)
	cmd.Flags().StringArrayVar(&sets, "set", nil, "")
	cmd.Flags().IntVar(&restrict, "restrict", 30000, "")
	return cmd
}

func evalAnalogies(cmd *cobra.Command, paths []string, restrict int) error {
	evalSets := []*sets.Analogies{}
	for _, path := range paths {
		set, err := sets.ReadAnalogies(path)
		if err != nil {
			return err
		}
		evalSets = append(evalSets, set)
	}
	vectors, err := wordVectors(cmd)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		evalSets = append(evalSets, sets.GoogleAnalogies())
	}
	if restrict <= 0 {
		restrict = -1 // all, to the library
	}
	reports := make([]*evaluate.AnalogyResult, len(evalSets))
	for i, set := range evalSets {
		if reports[i], err = evaluate.AnalogyReport(cmd.Context(), vectors, set, evaluate.AnalogyOptions{Restrict: restrict}); err != nil {
			return err
		}
		if reports[i].Covered == 0 {
			warnNothingKnown(cmd, set.Name, "all words", cli.Plural(reports[i].Questions, "question", "questions"))
		}
	}
	if cli.JSON(cmd) {
		return cli.WriteJSONEach(cmd.OutOrStdout(), reports)
	}
	for _, r := range reports {
		if _, err := r.WriteTo(cmd.OutOrStdout()); err != nil {
			return err
		}
	}
	return nil
}

// warnNothingKnown says that the zeros of a report are no result: known is what
// the model would have to know of what is asked.
func warnNothingKnown(cmd *cobra.Command, set, known, asked string) {
	cli.Warn(cmd, "%s: no result: the model knows %s of none of its %s", set, known, asked)
}
