package search

import (
	"cmp"
	"context"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/index/push"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

func pushCommand() *cobra.Command {
	var to string
	var o push.Options
	var run push.RunOptions
	cmd := &cobra.Command{
		Use:   "push COLLECTION --to ADDRESS [options]",
		Short: "Copy a collection into PostgreSQL, Qdrant or Weaviate",
		Long: `
A row is a passage: id, path, lines, title, headings, text, metadata and vector. Its id is that
of the record, or else the path of the file; further passages of the same id have #2, #3, …
added. Rows are replaced by id. Vectors are sent as the collection keeps them: codes are
decoded.

Only rows that differ from those in the database are sent, so that the same command continues
after an interruption, and later sends what has changed. Batches that fail because the
database is busy or cannot be reached are tried again.

postgres://user@host:5432/database needs the extension pgvector. The table gets an HNSW and a
full-text index. PGPASSWORD or ~/.pgpass has the password. Qdrant (qdrant://host:6334, or
qdrants:// to encrypt) takes its key from QDRANT_API_KEY, and Weaviate (weaviate://host:8080,
weaviates://) from WEAVIATE_API_KEY.

'search query COLLECTION --in ADDRESS' asks there.`,
		Example: `
$ search push notes --to postgres://localhost/docs
search: 1,344 passages to table "notes" of PostgreSQL at localhost: 1,344 sent
$ search query notes --in postgres://localhost/docs "who discovered penicillin"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return cli.UsageError(fault.New("name one: 'search push notes --to postgres://localhost/docs'", "expected one collection, got %d", len(args)))
			}
			if to == "" {
				return cli.UsageError(fault.New("for example --to postgres://localhost/docs", "no database is named"))
			}
			return pushTo(cmd, args[0], to, o, run)
		},
	}
	cli.Declare(cmd, cli.Arguments, collectionArgument())
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "to", Arg: "ADDRESS", Into: &to, Help: "database: postgres://, qdrant:// or weaviate://"},
		cli.Flag{Name: "table", Arg: "NAME", Into: &o.Table, Field: "Table", Help: "table or collection there, made if it does not exist", Default: "the name of COLLECTION"},
		cli.Flag{Name: "half", Into: &o.Half, Field: "Half", Help: "store 16-bit numbers (pgvector's halfvec, indexed up to 4,000 dimensions instead of 2,000; Qdrant)"},
		cli.Flag{Name: "batch", Arg: "N", Into: &run.Batch, Field: "Batch", Help: "rows sent at once", Default: "500", Positive: true},
		cli.Flag{Name: "attempts", Arg: "N", Into: &run.Attempts, Field: "Attempts", Help: "how often a batch is tried, with growing pauses", Default: "8", Positive: true},
		cli.Flag{Name: "timeout", Arg: "TIME", Into: &o.Timeout, Field: "Timeout", Help: "time that the database has to answer, such as 30s, for each batch", Default: "1m"},
		cli.Flag{Name: "prune", Into: &run.Prune, Field: "Prune", Help: "delete rows that the collection does not have"},
		cli.JSONFlag())
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// tableName makes a name that every database takes from that of a folder.
func tableName(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	name := strings.Trim(notInNames.ReplaceAllString(filepath.Base(dir), "_"), "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "docs_" + name
	}
	return strings.ToLower(name)
}

func pushTo(cmd *cobra.Command, dir, to string, o push.Options, run push.RunOptions) error {
	c, err := collection.Open(cmd.Context(), dir)
	if err != nil {
		return err
	}
	defer c.Close()
	o.Table = cmp.Or(o.Table, tableName(dir))
	target, err := push.Open(cmd.Context(), to, o)
	if err != nil {
		return err
	}
	defer target.Close()
	progress := cli.StartProgress(cmd, "push")
	defer progress.Done()
	run.OnProgress = func(done int64) { progress.Items(done, int64(c.Len()), "passages") }
	run.OnRetry = func(err error, wait time.Duration) {
		cli.Warn(cmd, "%v; trying again in %s", err, wait)
	}
	report, err := push.Run(cmd.Context(), c, target, run)
	progress.Done()
	if err != nil {
		return err
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), struct {
			Target string `json:"target"`
			Table  string `json:"table"`
			*push.Report
		}{target.Name(), o.Table, report})
	}
	parts := []string{cli.Thousands(report.Sent) + " sent"}
	for _, p := range []struct {
		n    int64
		what string
	}{{report.Unchanged, "there already"}, {report.Deleted, "deleted"}} {
		if p.n > 0 {
			parts = append(parts, cli.Thousands(p.n)+" "+p.what)
		}
	}
	cli.Note(cmd, "%s to %s: %s", cli.Plural(report.Passages, "passage", "passages"), target.Name(), strings.Join(parts, ", "))
	if report.NoVector > 0 {
		if target.NeedsVector() {
			cli.Warn(cmd, "%s without a word that the model knows: not sent, because every row there has a vector", cli.Plural(report.NoVector, "passage", "passages"))
		} else {
			cli.Note(cmd, "%s without a word that the model knows: sent without a vector", cli.Plural(report.NoVector, "passage", "passages"))
		}
	}
	if report.Extra > 0 {
		cli.Warn(cmd, "%s there that the collection does not have: --prune deletes them", cli.Plural(report.Extra, "row", "rows"))
	}
	return nil
}

// findIn returns a function that answers questions in a database, with the model of the collection.
func findIn(cmd *cobra.Command, c *collection.Collection, dir, address, table string, timeout time.Duration) (find func(context.Context, collection.Question) (*collection.Answer, error), end func() error, err error) {
	target, err := push.Open(cmd.Context(), address, push.Options{Table: cmp.Or(table, tableName(dir)), Timeout: timeout})
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context, q collection.Question) (*collection.Answer, error) {
		query := push.Query{Text: q.Text, K: cmp.Or(q.K, 10), Mode: cmp.Or(q.Mode, target.Modes()[0]), DenseWeight: cmp.Or(q.DenseWeight, fusion.DenseWeight)}
		if !slices.Contains(target.Modes(), query.Mode) {
			return nil, fault.Field("Mode", "it has: "+fault.OneOf(target.Modes()), "%s cannot be searched in the mode %s", target.Name(), query.Mode)
		}
		answer := &collection.Answer{Mode: query.Mode}
		if query.Mode != fusion.BM25 {
			vectors, known, err := c.Model().EncodeBatch(ctx, []string{q.Text}, 1)
			if err != nil {
				return nil, err
			}
			if answer.NoMeaning = known[0] == 0; !answer.NoMeaning {
				query.Vector = vectors
			} else if query.Mode == fusion.Dense {
				return answer, nil
			}
		}
		hits, err := target.Search(ctx, query)
		for _, h := range hits {
			answer.Hits = append(answer.Hits, matchOf(h))
		}
		return answer, err
	}, target.Close, nil
}

// matchOf returns a row as a passage of a collection. Databases do not have its label, and a
// row without the id of a record has its path as id.
func matchOf(h push.Hit) collection.Match {
	m := collection.Match{Score: h.Score, Dense: h.Dense, BM25: h.Words}
	m.Label = -1
	m.Passage = documents.Passage{ID: h.ID, Path: h.Path, Title: h.Title, Heading: h.Heading, Text: h.Text, FirstLine: h.FirstLine, LastLine: h.LastLine}
	if h.ID == h.Path || strings.HasPrefix(h.ID, h.Path+"#") {
		m.ID = ""
	}
	for _, name := range slices.Sorted(maps.Keys(h.Fields)) {
		m.Fields = append(m.Fields, documents.Field{Name: name, Value: h.Fields[name]})
	}
	return m
}
