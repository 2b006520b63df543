package search

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

const queryHelp = `Usage: search query DIR [options] [QUESTION]
       search query INDEX --vectors FILE [options]

Rank the documents of a collection by how near their meaning is to the
question's. Without a question: a prompt on a terminal (Ctrl-D ends it), and
one question a line when standard input is a file or a pipe.

An index of vectors ('search build --vectors') is asked for the vectors nearest
to each of a file's: a line each, of the row of the query, the rank, the score
and the label, with tabs between them.

Options:
  -k, --k N              show N documents (default 10)
      --vectors FILE     ask for these vectors; a file as for search build
      --ef N             how wide the graph is searched: more finds more of
                         the true nearest and takes longer (default 100)
      --full             whole texts instead of about two lines of each
      --json             print JSON: an object for the question; with many
                         questions, one object a line
` + cli.SharedHelp + `
Example:
  $ search query docs -k 1 "who discovered penicillin"
   1  0.871  articles.txt:3107
      Sir Alexander Fleming was a Scottish physician and microbiologist, best
      known for discovering the world's first broadly effective antibiotic…
`

type queryOptions struct {
	k, ef int
	full  bool

	vectors string
}

func queryCommand() *cobra.Command {
	var o queryOptions
	cmd := &cobra.Command{Use: "query", Long: queryHelp, RunE: func(cmd *cobra.Command, args []string) error {
		return query(cmd, args, o)
	}}
	cli.AddJSON(cmd)
	f := cmd.Flags()
	f.IntVarP(&o.k, "k", "k", 10, "")
	f.IntVar(&o.ef, "ef", 0, "")
	f.BoolVar(&o.full, "full", false, "")
	f.StringVar(&o.vectors, "vectors", "", "")
	return cmd
}

func query(cmd *cobra.Command, args []string, o queryOptions) error {
	if len(args) == 0 {
		return cli.UsageError(fault.New("'search build' makes one", "no collection is named"))
	}
	if err := cli.AtLeastOne("-k", o.k); err != nil {
		return err
	}
	if cmd.Flags().Changed("ef") {
		if err := cli.AtLeastOne("--ef", o.ef); err != nil {
			return err
		}
	}
	if o.vectors != "" {
		return queryVectors(cmd, args, o)
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

// asker asks one collection and prints what it answers.
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
	// One column stays free: some terminals break a line that fills the last.
	for _, line := range cli.Wrap(cli.Printable(h.Text), cli.Width(a.out)-len(indent)-1, lines) {
		fmt.Fprintf(b, "%s%s\n", indent, line)
	}
}

func answerOf(query string, found []collection.Hit) answer {
	ans := answer{Query: query, Hits: make([]hit, len(found))}
	for i, h := range found {
		ans.Hits[i] = hit{Rank: i + 1, Score: h.Score, File: h.File, Line: h.Line, Text: h.Text}
	}
	return ans
}

func (a *asker) searchOptions() index.SearchOptions { return index.SearchOptions{Ef: a.options.ef} }
