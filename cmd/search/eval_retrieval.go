package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

const evalRetrievalHelp = `Usage: search eval retrieval -m MODEL [options]

Search the documents of a set for its queries, exactly, by the cosine, and
judge what is found by what people found relevant. Any model will do: a text of
a word model is the mean of its words.

  nDCG@10     how much of what is relevant is among the first 10, and how high
  MRR@10      1 / the rank of the first relevant document, 0 beyond the 10th
  recall@10   the share of the relevant documents among the first 10
  recall@100  the same among the first 100
  MAP@100     the mean precision at the relevant documents of the first 100

They are means over all queries, as of trec_eval and BEIR; 1 is perfect. The
interval holds 95% of 1,000 samples that are drawn of the queries (bootstrap).
Memory does not depend on the number of documents.
--json prints one object for a set; with several sets, one object a line.

Options:
` + cli.ModelHelp + `      --set FOLDER       a set in the layout of BEIR: corpus.jsonl,
                         queries.jsonl and qrels/SPLIT.tsv, compressed or not;
                         repeatable (default: Cranfield, bundled)
      --split NAME       the split of the sets (default: test, else the only
                         one)
      --dim N            search by the first N values of the vectors only
                         (default: all), for Matryoshka models
      --skip-identical   a query does not find the document of its own id, as
                         in BEIR: for ArguAna and Quora
      --threads N        search on N threads (default: one per core)
` + cli.JSONHelp + cli.SharedHelp + `
Example:
  $ search eval retrieval -m model --set scifact
`

type retrievalFlags struct {
	sets    []string
	split   string
	options evaluate.RetrievalOptions
}

func evalRetrievalCommand() *cobra.Command {
	var f retrievalFlags
	cmd := &cobra.Command{Use: "retrieval", Long: evalRetrievalHelp, Args: cli.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return evalRetrieval(cmd, f)
	}}
	cli.AddModel(cmd)
	cli.AddJSON(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.sets, "set", nil, "")
	flags.StringVar(&f.split, "split", "", "")
	flags.IntVar(&f.options.Dim, "dim", 0, "")
	flags.BoolVar(&f.options.SkipIdentical, "skip-identical", false, "")
	flags.IntVar(&f.options.Threads, "threads", 0, "")
	return cmd
}

func evalRetrieval(cmd *cobra.Command, f retrievalFlags) error {
	if err := checkDim(cmd, f.options.Dim); err != nil {
		return err
	}
	evalSets := []*sets.Retrieval{}
	if len(f.sets) == 0 {
		evalSets = append(evalSets, sets.Cranfield())
		if f.split != "" && f.split != evalSets[0].Split {
			return cli.UsageError(fault.New("name the set that it is of with --set FOLDER", "the bundled set, Cranfield, has no split %q, but %q", f.split, evalSets[0].Split))
		}
	}
	for _, path := range f.sets {
		set, err := sets.OpenRetrieval(cmd.Context(), path, f.split)
		if err != nil {
			return err
		}
		evalSets = append(evalSets, set)
	}
	encoder, err := cli.OpenEncoder(cmd)
	if err != nil {
		return err
	}
	f.options.Resamples = resamples
	results := make([]evaluate.RetrievalResult, len(evalSets))
	for i, set := range evalSets {
		progress := cli.StartProgress(cmd, set.Name)
		began := time.Now()
		f.options.Progress = func(share float64, documents int) {
			progress.Update(share, cli.Count(float64(documents)/time.Since(began).Seconds())+" documents/s")
		}
		r, err := evaluate.Retrieval(cmd.Context(), encoder, set, f.options)
		progress.Done()
		if err != nil {
			return err
		}
		warnRetrieval(cmd, r)
		results[i] = r
	}
	if cli.JSON(cmd) {
		return cli.WriteJSONEach(cmd.OutOrStdout(), results)
	}
	return evaluate.WriteRetrieval(cmd.OutOrStdout(), results)
}

// warnRetrieval says what in a set cannot be found, whatever the model.
func warnRetrieval(cmd *cobra.Command, r evaluate.RetrievalResult) {
	switch {
	case r.Unknown == r.Queries:
		warnNothingKnown(cmd, r.Name, "a token", cli.Plural(r.Queries, "query", "queries"))
	case r.Unknown > 0:
		cli.Warn(cmd, "%s: the model knows no token of %d of the %s, which find nothing", r.Name, r.Unknown, cli.Plural(r.Queries, "query", "queries"))
	}
	if r.Missing > 0 {
		cli.Warn(cmd, "%s: %s among the documents, and count as not found", r.Name,
			cli.Plural(r.Missing, "relevant document is not", "relevant documents are not"))
	}
}
