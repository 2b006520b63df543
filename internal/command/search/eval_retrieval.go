package search

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence/models"
)

func evalRetrievalCommand() *cobra.Command {
	var paths []string
	var split, query string
	o := evaluate.RetrievalOptions{Resamples: resamples}
	cmd := &cobra.Command{
		Use:   "retrieval -m MODEL [options]",
		Short: "Measure how well relevant documents are found",
		Long: `
The documents of a set are searched for its queries, exactly, by cosine, and the results
are compared with the judgements of people. Any model can be evaluated: a text is the
mean of its words in a word model.

  nDCG@10     gain of the relevant documents among the first 10, by rank
  MRR@10      1 / rank of the first relevant document, 0 beyond the 10th
  recall@10   share of the relevant documents among the first 10
  recall@100  the same among the first 100
  MAP@100     mean precision at the relevant documents of the first 100

They are means over all queries, as in trec_eval and BEIR; 1 is perfect. Documents of
equal cosine rank by descending id, as in trec_eval. The interval contains 95% of 1,000
bootstrap samples of the queries. Memory does not depend on the number of documents.`,
		Example: "$ search eval retrieval -m model --set scifact",
		Args:    cli.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return evalRetrieval(cmd, paths, split, query, o) },
	}
	cli.Declare(cmd, cli.ForInput, cli.ModelFlag(), cli.PrecisionFlag(),
		cli.Flag{Name: "query-model", Arg: "MODEL", Into: &query, Field: "QueryEncoder", Help: "model of the queries, trained to share the space of the other", Default: "the model"},
		cli.Flag{Name: "query-prompt", Arg: "NAME|TEXT", Into: new(string), Help: "text to put before every query, or its name in the folder of a transformer", Default: "the folder's for queries"},
		cli.Flag{Name: "document-prompt", Arg: "NAME|TEXT", Into: new(string), Help: "the same, of the documents", Default: "the folder's for documents"},
		setFlag(&paths, "FOLDER", "a set in the layout of BEIR: corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv, compressed or not", "Cranfield"),
		cli.Flag{Name: "split", Arg: "NAME", Into: &split, Help: "split of the sets", Default: "test, or the only one"},
		dimFlag(&o.Dim),
		cli.Flag{Name: "skip-identical", Into: &o.SkipIdentical, Field: "SkipIdentical",
			Help: "ignore a document with the id of the query, as BEIR does for ArguAna and Quora"},
		cli.Flag{Name: "threads", Arg: "N", Into: &o.Threads, Field: "Threads", Positive: true, Help: "number of threads", Default: "one per core"})
	return cli.Declare(cmd, cli.ForOutput, reportsFlag("set"))
}

func evalRetrieval(cmd *cobra.Command, paths []string, split, query string, o evaluate.RetrievalOptions) error {
	read := func(path string) (*sets.Retrieval, error) {
		return sets.OpenRetrieval(cmd.Context(), path, split)
	}
	all, err := readSets(paths, read, sets.Cranfield)
	if err != nil {
		return err
	}
	if len(paths) == 0 && split != "" && split != all[0].Split {
		return cli.UsageError(fault.New("name the set of the split with --set FOLDER", "the bundled set, Cranfield, has no split %q, only %q", split, all[0].Split))
	}
	encoder, err := openRetrieval(cmd, query, &o)
	if err != nil {
		return err
	}
	defer func() { cli.WarnTruncated(cmd, encoder) }()
	return judge(cmd, all, func(set *sets.Retrieval) (evaluate.RetrievalResult, error) {
		progress := cli.StartProgress(cmd, set.Name)
		o.Progress = func(share float64, documents int) {
			progress.Update(share, progress.Rate(int64(documents), "documents"))
		}
		r, err := evaluate.Retrieval(cmd.Context(), encoder, set, o)
		progress.Done()
		if err == nil {
			warnRetrieval(cmd, r)
		}
		return warned(cmd, r.Name, r, err)
	}, evaluate.WriteRetrieval)
}

// openRetrieval opens the model of the documents, and that of the queries, which it sets in o.
func openRetrieval(cmd *cobra.Command, query string, o *evaluate.RetrievalOptions) (models.Model, error) {
	path, err := cli.ModelPath(cmd)
	if err != nil {
		return nil, err
	}
	m, err := cli.OpenModelAt(cmd, path)
	if err != nil {
		return nil, err
	}
	asks := m
	if query != "" {
		if asks, err = cli.OpenModelAt(cmd, query); err != nil {
			return nil, err
		}
	}
	if o.QueryEncoder, err = cli.WithPrompt(cmd, asks, "query-prompt", "query"); err != nil {
		return nil, err
	}
	return cli.WithPrompt(cmd, m, "document-prompt", "document")
}

// warnRetrieval warns of queries and documents that cannot be found.
func warnRetrieval(cmd *cobra.Command, r evaluate.RetrievalResult) {
	if r.Unknown > 0 && r.Warning() == "" {
		cli.Warn(cmd, "%s: %d of %s without a known token, counted as not found", r.Name, r.Unknown, cli.Plural(r.Queries, "query", "queries"))
	}
	if r.Missing > 0 {
		cli.Warn(cmd, "%s: %s missing from the documents, counted as not found", r.Name, cli.Plural(r.Missing, "relevant document is", "relevant documents are"))
	}
	if r.Identical > 0 {
		cli.Warn(cmd, "%s: %s, as BEIR does", r.Name, cli.Plural(r.Identical, "query is a document of the set too, with the same id; --skip-identical ignores it",
			"queries are documents of the set too, with the same ids; --skip-identical ignores them"))
	}
}
