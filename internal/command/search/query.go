package search

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/filter"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

type queryOptions struct {
	collection.Question
	mode     string
	minScore float64
	full     bool
	format   string
	queries  string
	vectors  string
	shards   []string
	partial  bool
	timeout  time.Duration
	in       string // database
	table    string
	read     exchange.Options // of vectors
}

func queryCommand() *cobra.Command {
	var o queryOptions
	o.DenseWeight = fusion.DenseWeight
	o.Search.Recall = 0.99
	cmd := &cobra.Command{
		Use:   "query DIR [options] [QUESTION]\nquery --shards A,B,... [options] [QUESTION]\nquery INDEX --vectors FILE [options]",
		Short: "Find the passages of a collection that answer a question",
		Long: `
Passages are found by meaning (the similarity of vectors) and by words (BM25), and ranked by
both: each score becomes the number of standard deviations above the mean of all passages,
and --dense-weight says how much the meaning counts. --mode chooses one of the two. Below
the score of a passage are its parts, and matching words are highlighted on a terminal
unless NO_COLOR is set.

Without a question it opens a prompt on a terminal, with a history; :help lists its
commands, and exit or Ctrl-D ends it. Otherwise it reads one question per line from
standard input or --queries.

--where restricts the search to passages whose metadata satisfies a condition:

	year >= 2020 and lang = "en"
	not (tags in ("draft", "old"))
	title ~ "guide" or ext = md
	date < 2024-06 and author exists

Beside the metadata, path, folder, ext, id, title and heading can be used.

In an index of vectors ('search build --vectors'), --vectors searches the nearest vectors
of each row of a file. Each result is one line: row of the query, rank, score and label,
separated by tabs.`,
		Example: `
$ search query docs -k 1 "who discovered penicillin"
 1  4.871  biology/fleming.md:12-19 › Life
           meaning 0.643, words 14.20
      Sir Alexander Fleming was a Scottish physician and microbiologist, best
      known for discovering the world's first broadly effective antibiotic…`,
		RunE: func(cmd *cobra.Command, args []string) error { return query(cmd, args, o) },
	}
	cli.Declare(cmd, cli.Arguments,
		cli.Flag{Arg: "DIR", Help: "collection, as 'search build' writes it"},
		cli.Flag{Arg: "INDEX", Help: "index file, as 'search build --vectors' writes it"})
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "queries", Arg: "FILE", Into: &o.queries, Help: "read questions from FILE, one per line: text, or JSON objects with a question and an id, as queries.jsonl of BEIR; - is standard input"},
		cli.Flag{Name: "vectors", Arg: "FILE", Into: &o.vectors, Help: "search the vectors in FILE, in the formats of 'search build --vectors'"})
	cli.Declare(cmd, cli.ForInput, cli.VectorFlags(&o.read)...)
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "in", Arg: "ADDRESS", Into: &o.in, Help: "search the database that 'search push' has filled, with the model of DIR: postgres://, qdrant:// or weaviate://"},
		cli.Flag{Name: "table", Arg: "NAME", Into: &o.table, Field: "Table", Help: "table or collection of the database", Default: "the name of DIR"})
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "shards", Arg: "A,B,...", Into: &o.shards, Help: "search several collections as one: folders, or addresses of 'search serve' such as http://host:8080/v1/collections/docs"},
		cli.Flag{Name: "skip-failed", Into: &o.partial, Help: "answer with the shards that can be searched; without it, the first failure is an error"},
		cli.Flag{Name: "timeout", Arg: "TIME", Into: &o.timeout, Field: "Timeout", Help: "time that each shard or the database has, such as 500ms", Default: "30s for a server, 1m for a database"})
	cli.Declare(cmd, "Search",
		cli.Flag{Name: "mode", Arg: "MODE", Into: &o.mode, Field: "Mode", Help: "how passages are found", Default: "hybrid; dense in a collection without a full-text index",
			Values: cli.Summarized(fusion.Modes(), fusion.Mode.Summary)},
		cli.Flag{Name: "where", Arg: "CONDITION", Into: &o.Where, Field: "Where", Help: "search only passages for which the condition is true"},
		cli.Flag{Name: "min-score", Arg: "X", Into: &o.minScore, Field: "MinScore", Help: "leave out passages with a lower score (with the metric euclidean and --mode dense, a larger distance)", Default: "all"},
		cli.Flag{Name: "group-by", Arg: "file", Into: &o.GroupBy, Field: "GroupBy", Help: "print only the best passage of each file", Values: cli.Values(collection.GroupByFile), Default: "all"},
		cli.Flag{Name: "dense-weight", Arg: "X", Into: &o.DenseWeight, Field: "DenseWeight", Help: "weight of the meaning in the mode hybrid, above 0 and at most 1; the words have the rest"},
		cli.Flag{Name: "ef", Arg: "N", Into: &o.Search.Ef, Field: "Ef", Help: "search width in the graph: wider is slower, with higher recall", Default: "what --recall needs", Positive: true},
		cli.Flag{Name: "recall", Arg: "X", Into: &o.Search.Recall, Field: "Recall", Help: "share of the nearest that a search of a graph finds, on average: its width is what vectors of the index needed, and grows until the best have settled; 1 compares all", Default: "0.99"})
	return cli.Declare(cmd, cli.ForOutput,
		kFlag(&o.K, "number of passages"),
		cli.Flag{Name: "full", Into: &o.full, Help: "print whole texts instead of about two lines of each"},
		cli.Flag{Name: "format", Arg: "FORMAT", Into: &o.format, Help: "write a line per question (jsonl) or per passage (tsv)", Values: cli.Values("tsv", "jsonl"), Default: "for people"},
		cli.Flag{Name: "json", Help: "print JSON: one object for the question; for several questions, one object per line"})
}

func query(cmd *cobra.Command, args []string, o queryOptions) error {
	if len(o.shards) > 0 {
		for _, name := range []string{"in", "table", "vectors"} {
			if cmd.Flags().Changed(name) {
				return cli.UsageError(fault.New("leave one of them out", "--shards and --%s cannot be used together", name))
			}
		}
		args = append([]string{""}, args...)
	} else if o.partial || o.timeout != 0 && o.in == "" {
		return cli.UsageError(fault.New("--shards names collections", "--skip-failed is used only with --shards, and --timeout only with --shards or --in"))
	}
	if len(args) == 0 {
		return cli.UsageError(fault.New("make one with 'search build'", "no collection is named"))
	}
	if o.vectors != "" {
		for _, name := range []string{"mode", "where", "min-score", "group-by", "dense-weight", "queries", "format", "full", "in"} {
			if cmd.Flags().Changed(name) {
				return cli.UsageError(fault.New("leave one of them out", "--vectors and --%s cannot be used together", name))
			}
		}
		return queryVectors(cmd, args, o)
	}
	if err := cli.CheckVectors(cmd, o.vectors); err != nil {
		return err
	}
	o.Mode = fusion.Mode(o.mode)
	if o.Mode != "" && o.Mode.Validate() != nil {
		return cli.UsageError(o.Mode.Validate())
	}
	if cmd.Flags().Changed("min-score") {
		o.MinScore = &o.minScore
	}
	if cli.JSON(cmd) && o.format == "tsv" {
		return cli.UsageError(fault.New("leave one of them out", "--json and --format tsv cannot be used together"))
	}
	if o.Where != "" {
		if _, err := filter.Parse(o.Where); err != nil {
			return cli.UsageError(err)
		}
	} else if cmd.Flags().Changed("where") {
		return cli.UsageError(fault.New(`for example: --where 'year >= 2020 and lang = "en"'`, "--where is empty"))
	}
	if len(args) > 1 && o.queries != "" {
		return cli.UsageError(fault.New("leave out the question, or --queries", "--queries cannot be used with a question: %q", strings.Join(args[1:], " ")))
	}
	a := &asker{options: o, cmd: cmd, out: cmd.OutOrStdout(), json: cli.JSON(cmd) || o.format == "jsonl", tsv: o.format == "tsv"}
	a.color = useColor(a.out)
	open := collection.Open
	if o.Mode == fusion.BM25 && o.in == "" && len(args) > 1 { // the prompt can change the mode
		open = collection.OpenWords
	}
	end, err := a.connect(args[0], open)
	if err != nil {
		return err
	}
	defer end()
	if len(args) > 1 {
		return a.ask(cmd.Context(), asked{text: strings.Join(args[1:], " ")}, o.format == "")
	}
	return a.askEach()
}

// connect opens what is searched.
func (a *asker) connect(dir string, open func(context.Context, string) (*collection.Collection, error)) (end func(), err error) {
	o := &a.options
	if len(o.shards) > 0 {
		return a.openShards()
	}
	if a.collection, err = open(a.cmd.Context(), dir); err != nil {
		return nil, err
	}
	a.opened = append(a.opened, a.collection)
	end = func() { a.collection.Close() }
	switch {
	case o.in != "":
		for _, name := range []string{"where", "group-by", "min-score", "ef", "recall"} {
			if a.cmd.Flags().Changed(name) {
				return end, cli.UsageError(fault.New("leave one of them out", "--in and --%s cannot be used together", name))
			}
		}
		find, endStore, err := findIn(a.cmd, a.collection, dir, o.in, o.table, o.timeout)
		if err != nil {
			return end, err
		}
		a.find = find
		return func() { endStore(); a.collection.Close() }, nil
	case o.table != "":
		return end, cli.UsageError(fault.New("--in names the database", "--table is used only with --in"))
	}
	a.find = a.collection.Ask
	return end, nil
}

// asker searches one collection and prints the results.
type asker struct {
	collection *collection.Collection
	opened     []*collection.Collection // all that are searched here
	find       func(context.Context, collection.Question) (*collection.Answer, error)
	options    queryOptions
	cmd        *cobra.Command
	out        io.Writer
	json, tsv  bool
	color      bool
	wroteTSV   bool // the header

	last []collection.Match // of the prompt
}

func (o *queryOptions) searchOptions() index.SearchOptions {
	return index.SearchOptions{Ef: o.Search.Ef, Recall: o.Search.Recall}
}
