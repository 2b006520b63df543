package search

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

type queryOptions struct {
	k, ef   int
	recall  float64
	full    bool
	vectors string
	read    exchange.Options // of vectors
}

func queryCommand() *cobra.Command {
	o := queryOptions{recall: 0.99}
	cmd := &cobra.Command{
		Use:   "query DIR [options] [QUESTION]\nquery INDEX --vectors FILE [options]",
		Short: "Rank the documents of a collection by their similarity to a question",
		Long: `
Without a question it opens a prompt on a terminal, which Ctrl-D ends, and reads one
question per line from a file or a pipe.

In an index of vectors ('search build --vectors'), --vectors searches the nearest vectors
of each row of a file. Each result is one line: row of the query, rank, score and label,
separated by tabs.`,
		Example: `
$ search query docs -k 1 "who discovered penicillin"
 1  0.871  articles.txt:3107
    Sir Alexander Fleming was a Scottish physician and microbiologist, best
    known for discovering the world's first broadly effective antibiotic…`,
		RunE: func(cmd *cobra.Command, args []string) error { return query(cmd, args, o) },
	}
	cli.Declare(cmd, cli.Arguments,
		cli.Flag{Arg: "DIR", Help: "collection, as 'search build' writes it"},
		cli.Flag{Arg: "INDEX", Help: "index file, as 'search build --vectors' writes it"})
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "vectors", Arg: "FILE", Into: &o.vectors, Help: "search the vectors in FILE, in the formats of 'search build --vectors'"},
		cli.Flag{Name: "ef", Arg: "N", Into: &o.ef, Field: "Ef", Help: "search width in the graph: wider is slower, with higher recall", Default: "what --recall needs", Positive: true},
		cli.Flag{Name: "recall", Arg: "X", Into: &o.recall, Field: "Recall", Help: "share of the nearest that a search of a graph finds, on average: its width is what vectors of the index needed, and grows until the best have settled; 1 compares all", Default: "0.99"})
	cli.Declare(cmd, cli.ForInput, cli.VectorFlags(&o.read)...)
	return cli.Declare(cmd, cli.ForOutput,
		kFlag(&o.k, "number of documents"),
		cli.Flag{Name: "full", Into: &o.full, Help: "print whole texts instead of about two lines of each"},
		cli.Flag{Name: "json", Help: "print JSON: one object for the question; for several questions, one object per line"})
}

func query(cmd *cobra.Command, args []string, o queryOptions) error {
	if len(args) == 0 {
		return cli.UsageError(fault.New("make one with 'search build'", "no collection is named"))
	}
	if o.vectors != "" {
		return queryVectors(cmd, args, o)
	}
	if err := cli.CheckVectors(cmd, o.vectors); err != nil {
		return err
	}
	c, err := collection.Open(cmd.Context(), args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	a := &asker{collection: c, options: o, out: cmd.OutOrStdout(), json: cli.JSON(cmd)}
	if len(args) > 1 {
		return a.ask(cmd.Context(), strings.Join(args[1:], " "), true)
	}
	return a.askEach(cmd)
}

// answer is what --json prints for one question.
type answer struct {
	Query string `json:"query"`
	Hits  []hit  `json:"hits"`
	Error string `json:"error,omitempty"` // why there are no hits
}

type hit struct {
	Rank  int     `json:"rank"`
	Score float32 `json:"score"`
	File  string  `json:"file"`
	Line  int64   `json:"line"`
	Text  string  `json:"text"`
}

// asker searches one collection and prints the results.
type asker struct {
	collection *collection.Collection
	options    queryOptions
	out        io.Writer
	json       bool
}

func (a *asker) write(ans answer, indent bool) error {
	if a.json {
		if indent {
			return cli.WriteJSON(a.out, ans)
		}
		e := json.NewEncoder(a.out)
		e.SetEscapeHTML(false)
		return e.Encode(ans)
	}
	var b strings.Builder
	for _, h := range ans.Hits {
		a.writeHit(&b, h)
	}
	_, err := io.WriteString(a.out, b.String())
	return err
}

// writeHit prints " 1  0.871  file:line" and the text below, indented.
func (a *asker) writeHit(b *strings.Builder, h hit) {
	const indent = "      "
	fmt.Fprintf(b, "%2d  %.3f  %s:%d\n", h.Rank, h.Score, cli.Printable(cli.InputName(h.File)), h.Line)
	lines := 2
	if a.options.full {
		lines = 0
	}
	// One column stays free: some terminals wrap a line that fills the last one.
	for _, line := range cli.Wrap(cli.Printable(h.Text), cli.Width(a.out)-len(indent)-1, lines) {
		fmt.Fprintf(b, "%s%s\n", indent, line)
	}
}

func answerOf(query string, found []collection.Hit) answer {
	ans := answer{Query: query, Hits: make([]hit, len(found))}
	for i, h := range found {
		ans.Hits[i] = hit{Rank: i + 1, Score: h.Score, File: h.Path, Line: int64(h.FirstLine), Text: strings.Join(strings.Fields(h.Text), " ")}
	}
	return ans
}

func (a *asker) searchOptions() index.SearchOptions {
	return index.SearchOptions{Ef: a.options.ef, Recall: a.options.recall}
}
