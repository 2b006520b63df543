package search

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/index/evaluate/lexical"
	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plot"
	"github.com/luminavec/luminavec/sentence/models"
)

// retrievalFlags are the flags of 'eval retrieval' that are not options of the evaluation.
type retrievalFlags struct {
	sets  []string
	split string
	mode  string
	query string // model of the queries
	plot  string

	collection string
}

// allModes is the value of --mode that compares the modes.
const allModes = "all"

func evalRetrievalCommand() *cobra.Command {
	f := retrievalFlags{mode: string(evaluate.Dense)}
	o := evaluate.RetrievalOptions{Resamples: resamples, DenseWeight: fusion.DenseWeight, Words: lexical.New}
	cmd := &cobra.Command{
		Use:   "retrieval [-m MODEL] [options]",
		Short: "Measure how well relevant documents are found",
		Long: `
The documents of a set are searched for its queries, exactly, and the results are
compared with the judgements of people. Any model can be evaluated: a text is the mean of
its words in a word model. --mode bm25 compares words and needs no model, --mode hybrid
combines both as 'search query' does, and --mode all prints the three, with a paired test
of the difference of nDCG@10 between each two: p is the probability of so large a
difference if both were equally good (10,000 random exchanges).

  nDCG@10     gain of the relevant documents among the first 10, by rank
  MRR@10      1 / rank of the first relevant document, 0 beyond the 10th
  recall@10   share of the relevant documents among the first 10
  recall@100  the same among the first 100
  MAP@100     mean precision at the relevant documents of the first 100

They are means over all queries, as in trec_eval and BEIR; 1 is perfect. Documents of
equal score rank by descending id, as in trec_eval. The interval contains 95% of 1,000
bootstrap samples of the queries. Memory does not depend on the number of documents.`,
		Example: "$ search eval retrieval -m model --set scifact --mode all",
		Args:    cli.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return evalRetrieval(cmd, f, o) },
	}
	cli.Declare(cmd, cli.ForInput, modelFlags(&f.query, "QueryEncoder")...)
	cli.Declare(cmd, cli.ForInput,
		setFlag(&f.sets, "FOLDER", "a set in the layout of BEIR: corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv, compressed or not", "Cranfield"),
		cli.Flag{Name: "split", Arg: "NAME", Into: &f.split, Help: "split of the sets", Default: "test, or the only one"},
		cli.Flag{Name: "collection", Arg: "DIR", Into: &f.collection, Help: "measure what 'search query' finds in a collection, whose ids are those of the set: the best passage of a document counts", Default: "exact search of the set"},
		cli.Flag{Name: "mode", Arg: "MODE", Into: &f.mode, Field: "Mode", Help: "how documents are found",
			Values: append(cli.Summarized(fusion.Modes(), fusion.Mode.Summary), cli.Value{Name: allModes, Help: "each of them, compared"})},
		languageFlag(&o.Language),
		cli.Flag{Name: "dense-weight", Arg: "X", Into: &o.DenseWeight, Field: "DenseWeight", Help: "weight of the meaning in the mode hybrid, above 0 and at most 1; the words have the rest"},
		dimFlag(&o.Dim),
		cli.Flag{Name: "skip-identical", Into: &o.SkipIdentical, Field: "SkipIdentical",
			Help: "ignore a document with the id of the query, as BEIR does for ArguAna and Quora"},
		cli.Flag{Name: "threads", Arg: "N", Into: &o.Threads, Field: "Threads", Positive: true, Help: "number of threads", Default: "one per core"})
	return cli.Declare(cmd, cli.ForOutput, cli.Flag{Name: "plot", Arg: "FILE", Into: &f.plot, Help: "draw nDCG@10 with its intervals, by set and mode, as .svg, .png or .html", Ext: plot.Formats}, reportsFlag("set"))
}

// modelFlags declare the models of documents and queries, which openModels opens.
func modelFlags(query *string, field string) []cli.Flag {
	return []cli.Flag{cli.SentenceModelFlag(), cli.PrecisionFlag(),
		{Name: "query-model", Arg: "MODEL", Into: query, Field: field, Help: "model of the queries, trained to share the space of the other", Default: "the model"},
		{Name: "query-prompt", Arg: "NAME|TEXT", Into: new(string), Help: "text to put before every query, or its name in the folder of a transformer", Default: "the folder's for queries"},
		{Name: "document-prompt", Arg: "NAME|TEXT", Into: new(string), Help: "the same, of the documents", Default: "the folder's for documents"}}
}

// languageFlag declares --language.
func languageFlag(language *string) cli.Flag {
	return cli.Flag{Name: "language", Arg: "LANG", Into: language, Field: "Language", Default: "detected",
		Help: "language of the texts, which decides how their words are compared: " + strings.Join(fulltext.Languages(), ", ")}
}

func evalRetrieval(cmd *cobra.Command, f retrievalFlags, o evaluate.RetrievalOptions) error {
	if f.plot != "" {
		if err := plot.CheckPath(f.plot); err != nil {
			return cli.UsageError(err)
		}
		if f.collection != "" {
			return cli.UsageError(fault.New("leave one of them out", "--plot and --collection cannot be used together"))
		}
	}
	var bars []plot.Bar // drawn after the report, which a plot that fails must not lose
	title, several := "nDCG@10 by mode", len(f.sets) > 1
	measured := func(r evaluate.RetrievalResult) {
		bar := plot.Bar{Name: string(r.Mode), Value: r.NDCG10, Low: r.NDCG10, High: r.NDCG10}
		if several {
			bar.Name = r.Name + ", " + bar.Name
		} else {
			title = r.Name + ": nDCG@10 by mode"
		}
		if r.Interval != nil {
			bar.Low, bar.High = r.Interval.Low, r.Interval.High
		}
		if r.Defined() {
			bars = append(bars, bar)
		}
	}
	err := retrievals(cmd, f, o, measured)
	if f.plot != "" && len(bars) > 0 {
		err = cmp.Or(err, plot.WriteBars(f.plot, title, "nDCG@10 (0 to 1), with 95% intervals", bars))
	}
	return err
}

// retrievals measures and reports.
func retrievals(cmd *cobra.Command, f retrievalFlags, o evaluate.RetrievalOptions, measured func(evaluate.RetrievalResult)) error {
	read := func(path string) (*sets.Retrieval, error) {
		return sets.OpenRetrieval(cmd.Context(), path, f.split)
	}
	all, err := readSets(f.sets, read, sets.Cranfield)
	if err != nil {
		return err
	}
	if len(f.sets) == 0 && f.split != "" && f.split != all[0].Split {
		return cli.UsageError(fault.New("name the set of the split with --set FOLDER", "the bundled set, Cranfield, has no split %q, only %q", f.split, all[0].Split))
	}
	o.Mode = evaluate.Mode(f.mode)
	if f.collection != "" {
		return evalCollection(cmd, f, all, o)
	}
	var encoder models.Model
	if o.Mode != evaluate.BM25 {
		if encoder, o.QueryEncoder, err = openModels(cmd, f.query); err != nil {
			return err
		}
		defer func() { cli.WarnTruncated(cmd, encoder) }()
	}
	watched := func(name string, run func() error) error {
		progress := cli.StartProgress(cmd, name)
		defer progress.Done()
		o.Progress = func(share float64, documents int) {
			progress.Update(share, progress.Rate(int64(documents), "documents"))
		}
		return run()
	}
	if f.mode == allModes {
		return judge(cmd, all, func(set *sets.Retrieval) (c *evaluate.Comparison, err error) {
			err = watched(set.Name, func() error {
				c, err = evaluate.RetrievalModes(cmd.Context(), encoder, set, o)
				return err
			})
			if err != nil {
				return nil, err
			}
			noteLanguage(cmd, c.Modes[0], o)
			for _, r := range c.Modes {
				measured(r)
				if r.Mode == evaluate.Dense {
					warnRetrieval(cmd, r)
				}
			}
			return c, nil
		}, evaluate.WriteComparisons)
	}
	return judge(cmd, all, func(set *sets.Retrieval) (r evaluate.RetrievalResult, err error) {
		err = watched(set.Name, func() error {
			r, err = evaluate.Retrieval(cmd.Context(), encoder, set, o)
			return err
		})
		if err == nil {
			measured(r)
			noteLanguage(cmd, r, o)
			warnRetrieval(cmd, r)
		}
		return warned(cmd, r.Name, r, err)
	}, evaluate.WriteRetrieval)
}

// noteLanguage says which language was detected.
func noteLanguage(cmd *cobra.Command, r evaluate.RetrievalResult, o evaluate.RetrievalOptions) {
	if o.Language == "" && r.Language != "" {
		cli.Note(cmd, "%s: detected language: %s (--language sets another)", r.Name, fulltext.LanguageTitle(r.Language))
	}
}

// openModels opens the models of the documents and of the queries, with their prompts.
func openModels(cmd *cobra.Command, query string) (documents, queries models.Model, err error) {
	m, err := cli.OpenModel(cmd)
	if err != nil {
		return nil, nil, err
	}
	asks := m
	if query != "" {
		if asks, err = cli.OpenModelAt(cmd, query); err != nil {
			return nil, nil, err
		}
	}
	if queries, err = cli.WithPrompt(cmd, asks, "query-prompt", "query"); err != nil {
		return nil, nil, err
	}
	documents, err = cli.WithPrompt(cmd, m, "document-prompt", "document")
	return documents, queries, err
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
