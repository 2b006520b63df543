package main

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

var buildHelp = `Usage: search build -m MODEL [options] FILE... -o DIR
       search build --vectors FILE [options] -o INDEX

Make a collection: a folder with the texts, an index of their vectors and the
model, so that 'search query DIR' needs nothing else. Each line that is not
empty is one document. FILE is a file, a folder, a pattern, or - for standard
input; gzip, bzip2 and zstd are unpacked. With --field or --column each record
of JSON Lines or CSV is one document; line breaks in its text become spaces.
Character n-grams of the model go along, so that a question's unknown words
are composed of them as those of the documents are.

With --vectors, make only the index of vectors that another program computed,
in one file; the label of a vector is its row, from 0.

Options:
` + cli.ModelHelp + `      --field NAME       the text is this member of each line's JSON object: a
                         string or a list of strings; meta.title leads deeper
      --column NAME      the text is this column of CSV or TSV, by its name in
                         the header, or by its number in files without one
      --vectors FILE     the vectors to index, in one of the formats
                         ` + vectorFormats() + `
  -o, --output DIR       the collection, or the index, to write
      --force            replace it if it exists
      --index KIND       hnsw  a graph, fast (default)
                         flat  compare with every vector, exact
                         lsh   hash tables: built at once, finds less
      --metric METRIC    cosine (default), dot or euclidean
      --m N              links of a node of the graph (default 16)
      --ef-construction N
                         how wide the graph is searched when a vector is
                         added (default 200)
      --quantize KIND    none  the graph is walked by the vectors (default)
                         int8  by codes of 8 bits a value: faster, and as good
                               where values lie round zero
                         int4  by codes of 4 bits: faster still, and smaller;
                               for vectors of some dozens of values and more
      --threads N        work on N threads (default: one per core)
      --seed N           of the graph's levels (default 1)
      --deterministic    the same graph whatever the number of threads
` + cli.JSONHelp + cli.SharedHelp + `
Example:
  $ search build -m model articles.txt -o docs
  search: 12,040 documents, 100 dimensions, 31.4 MB in 4.2s: docs
  search: next: search query docs "a question"
`

// vectorFormats lists the formats of --vectors, in the right column of a help text.
func vectorFormats() string {
	const column = 25
	return strings.Join(cli.Wrap(exchange.Names(exchange.Readable()), 80-column, 0), "\n"+strings.Repeat(" ", column))
}

type buildOptions struct {
	text            text.Selection
	vectors, output string
	force           bool
	kind, metric    string
	quantize        string
	index           index.Options
}

func buildCommand() *cobra.Command {
	var o buildOptions
	cmd := &cobra.Command{Use: "build", Long: buildHelp, RunE: func(cmd *cobra.Command, args []string) error {
		return build(cmd, args, o)
	}}
	cli.AddModel(cmd)
	cli.AddJSON(cmd)
	f := cmd.Flags()
	f.StringVar(&o.text.Field, "field", "", "")
	f.StringVar(&o.text.Column, "column", "", "")
	f.StringVar(&o.vectors, "vectors", "", "")
	f.StringVarP(&o.output, "output", "o", "", "")
	f.BoolVar(&o.force, "force", false, "")
	f.StringVar(&o.kind, "index", string(index.HNSW), "")
	f.StringVar(&o.metric, "metric", index.Cosine.String(), "")
	f.IntVar(&o.index.M, "m", 16, "")
	f.IntVar(&o.index.EfConstruction, "ef-construction", 200, "")
	f.StringVar(&o.quantize, "quantize", string(index.NoQuantization), "")
	f.IntVar(&o.index.Threads, "threads", 0, "")
	f.Uint64Var(&o.index.Seed, "seed", 1, "")
	f.BoolVar(&o.index.Deterministic, "deterministic", false, "")
	return cmd
}

// indexOptions checks what the flags say of the index, before any work.
func (o *buildOptions) indexOptions() error {
	metric, err := index.ParseMetric(o.metric)
	if err != nil {
		return cli.UsageError(err)
	}
	o.index.Metric, o.index.Kind, o.index.Quantization = metric, index.Kind(o.kind), index.Quantization(o.quantize)
	if o.index.M == 0 || o.index.EfConstruction == 0 {
		// index reads 0 as the default, and a user who types it means 0.
		return cli.UsageError(fmt.Errorf("--m and --ef-construction must be above 0"))
	}
	withDim := o.index
	withDim.Dim = 1 // the model gives it later
	return cli.UsageError(withDim.Validate())
}

func build(cmd *cobra.Command, paths []string, o buildOptions) error {
	if err := o.indexOptions(); err != nil {
		return err
	}
	if o.output == "" {
		return cli.UsageError(fault.New("name what to write with -o DIR", "no output is named"))
	}
	if o.vectors != "" {
		if len(paths) > 0 || cmd.Flags().Changed("model") || o.text != (text.Selection{}) {
			return cli.UsageError(fault.New("leave out --vectors, or the model and the files",
				"--vectors indexes ready vectors: it takes no model and no text"))
		}
		return buildVectors(cmd, o)
	}
	if len(paths) == 0 {
		return cli.UsageError(fault.New("name files or folders of text, or - for standard input", "no text is named"))
	}
	return buildCollection(cmd, paths, o)
}

// built is the report of "search build --json".
type built struct {
	Output       string  `json:"output"`
	Documents    int64   `json:"documents"`               // or vectors
	Skipped      int64   `json:"skipped"`                 // documents without a known word
	FirstSkipped string  `json:"first_skipped,omitempty"` // file:line
	Dimensions   int     `json:"dimensions"`
	Index        string  `json:"index"`
	Metric       string  `json:"metric"`
	Bytes        int64   `json:"bytes"`
	Seconds      float64 `json:"seconds"`
}

func (b *built) report(cmd *cobra.Command, what, next string) error {
	if b.Skipped > 0 {
		cli.Warn(cmd, "%s without a known word left out (first: %s)", cli.Plural(b.Skipped, "document", "documents"), b.FirstSkipped)
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), b)
	}
	cli.Note(cmd, "%s, %s, %s in %s: %s", cli.Plural(b.Documents, what, what+"s"), cli.Plural(b.Dimensions, "dimension", "dimensions"),
		cli.Bytes(b.Bytes), cli.Duration(time.Duration(b.Seconds*float64(time.Second))), b.Output)
	cli.Note(cmd, "next: %s", next)
	return nil
}

func buildCollection(cmd *cobra.Command, paths []string, o buildOptions) error {
	began := time.Now()
	src, err := text.Open(paths...)
	if err != nil {
		return err
	}
	o.text.OneLine = true
	if err := src.Select(o.text); err != nil {
		return cli.UsageError(err)
	}
	if err := refuseExisting(o); err != nil {
		return err
	}
	enc, err := cli.OpenEncoder(cmd)
	if err != nil {
		return err
	}
	progress := cli.StartProgress(cmd, "build")
	defer progress.Done()
	summary, err := collection.Build(cmd.Context(), o.output, enc, documents(cmd.Context(), src), collection.BuildOptions{
		Index: o.index, Replace: o.force, Threads: o.index.Threads,
		OnProgress: func(done int64) {
			fraction := -1.0
			if size := src.Size(); size > 0 {
				fraction = float64(src.Consumed()) / float64(size)
			}
			progress.Update(fraction, fmt.Sprintf("%s documents %s/s",
				cli.Count(float64(done)), cli.Count(float64(done)/time.Since(began).Seconds())))
		}})
	if err != nil {
		return err
	}
	progress.Done()
	if s := src.Stats(); s.Invalid > 0 {
		cli.Warn(cmd, "%s not UTF-8 and became U+FFFD (first: %s)", cli.Plural(s.Invalid, "byte is", "bytes are"), s.FirstInvalid)
	}
	b := built{Output: o.output, Documents: summary.Documents, Skipped: summary.Skipped, FirstSkipped: summary.FirstSkipped,
		Dimensions: summary.Dim, Index: o.kind, Metric: o.metric, Bytes: summary.Bytes, Seconds: time.Since(began).Seconds()}
	return b.report(cmd, "document", cli.CommandLine("search", "query", cli.PathArgument(o.output))+` "a question"`)
}

// refuseExisting tells of an output that is in the way before a model is read
// for nothing; writing checks it again, and more.
func refuseExisting(o buildOptions) error {
	if _, err := os.Lstat(o.output); err == nil && !o.force {
		return fault.New("use --force to replace it", "cannot write %s: %w", o.output, fs.ErrExist)
	}
	return nil
}

// documents makes a document of each line of src that is not empty.
func documents(ctx context.Context, src *text.Source) iter.Seq2[collection.Document, error] {
	return func(yield func(collection.Document, error) bool) {
		for line, err := range cli.Lines(ctx, src) {
			if err != nil {
				yield(collection.Document{}, err)
				return
			}
			if cli.Blank(line.Text) {
				continue
			}
			if !yield(collection.Document{Text: line.Text, File: line.File, Line: line.Number}, nil) {
				return
			}
		}
	}
}
