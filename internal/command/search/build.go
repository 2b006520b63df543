package search

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

type buildOptions struct {
	text            text.Selection
	skipBad         bool
	vectors, output string
	read            exchange.Options // of vectors
	force           bool
	metric          string
	index           index.Options
	anyRecall       bool
}

func buildCommand() *cobra.Command {
	var o buildOptions
	cmd := &cobra.Command{
		Use:   "build -m MODEL [options] FILE... -o DIR\nbuild --vectors FILE [options] -o INDEX",
		Short: "Make a collection of text that can be searched, or an index of vectors",
		Long: `
A collection is a folder with the texts, an index of their vectors and the model, so
that 'search query DIR' needs nothing else. Each non-empty line is one document; with
--field or --column each record of JSON Lines, CSV or Parquet is one, whose line
breaks become spaces. Character n-grams of the model are stored too: unknown words of
a question are composed from them, as in documents.

With --vectors, only an index of vectors from another program is made, in one file; the
label of a vector is its row, from 0, or with --ids its id, a whole number.

How many of the true nearest vectors the index finds is measured on 100 of its vectors
and reported; below 0.9 it is a warning, and codes (--quantize) that find less than half
are refused.`,
		Example: `
$ search build -m model articles.txt -o docs
search: 12,040 documents, 100 dimensions, 31.4 MB in 4.2s: docs
search: next: search query docs "a question"`,
		RunE: func(cmd *cobra.Command, args []string) error { return build(cmd, args, o) },
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "FILE",
		Help: "text file, folder or glob, or - for standard input; gzip, bzip2 and zstd are decompressed"})
	cli.Declare(cmd, cli.ForInput, cli.ModelFlag())
	cli.Declare(cmd, cli.ForInput, append(cli.TextFlags(&o.text), cli.SkipBadFlag(&o.skipBad))...)
	cli.Declare(cmd, cli.ForInput, cli.Flag{Name: "vectors", Arg: "FILE", Into: &o.vectors, Help: "index the vectors in FILE; words are optional"})
	cli.Declare(cmd, cli.ForInput, append(cli.VectorFlags(&o.read), cli.Flag{Name: "ids", Into: &o.read.IDs, Field: "IDs", Help: "label the vectors by their ids"})...)
	cli.Declare(cmd, "Index", indexFlags(&o.index, &o.metric, index.Auto, index.KeepAuto)...)
	cli.Declare(cmd, "Index", cli.Flag{Name: "deterministic", Into: &o.index.Deterministic, Field: "Deterministic",
		Help: "build the same graph with any number of threads; a flat or lsh index is always the same"},
		cli.Flag{Name: "any-recall", Into: &o.anyRecall, Field: "AnyRecall",
			Help: fmt.Sprintf("accept codes (--quantize) that find less than %g of the nearest vectors of a sample", index.PoorRecall)})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "DIR", Into: &o.output, Help: "collection or index to write"},
		cli.Flag{Name: "force", Into: &o.force, Help: "replace it if it exists"},
		cli.JSONFlag())
}

func build(cmd *cobra.Command, paths []string, o buildOptions) error {
	if err := checkIndex(&o.index, o.metric); err != nil {
		return err
	}
	if o.output == "" {
		return cli.UsageError(fault.New("name what to write with -o DIR", "no output is named"))
	}
	if o.vectors != "" {
		if len(paths) > 0 || cmd.Flags().Changed("model") || o.text != (text.Selection{}) || o.skipBad {
			return cli.UsageError(fault.New("leave out --vectors, or the model and the text",
				"--vectors cannot be used with a model or text"))
		}
		return buildVectors(cmd, o)
	}
	if err := cli.CheckVectors(cmd, o.vectors); err != nil {
		return err
	}
	if len(paths) == 0 {
		return cli.UsageError(fault.New("name files or folders of text, or - for standard input", "no text is named"))
	}
	return buildCollection(cmd, paths, o)
}

// built is the report of "search build --json".
type built struct {
	Output       string  `json:"output"`
	Format       string  `json:"format,omitempty"`        // of the file of vectors
	Documents    int64   `json:"documents"`               // or vectors
	Skipped      int64   `json:"skipped"`                 // documents without a known word
	FirstSkipped string  `json:"first_skipped,omitempty"` // file:line
	Dimensions   int     `json:"dimensions"`
	Index        string  `json:"index"`
	Metric       string  `json:"metric"`
	Bytes        int64   `json:"bytes"`
	Seconds      float64 `json:"seconds"`

	SkippedRecords int64        `json:"skipped_records"` // bad ones, with --skip-bad
	EmptyRecords   int64        `json:"empty_records"`   // records without text, or blank lines
	Recall         index.Recall `json:"recall"`

	KeepVectors string         `json:"keep_vectors,omitempty"`
	Stated      index.Measured `json:"stated_recall"` // of what is kept, by the vectors as they were
}

func (b *built) report(cmd *cobra.Command, what, next string) error {
	if b.Skipped > 0 {
		first := b.FirstSkipped
		if line, ok := strings.CutPrefix(first, text.Stdin+":"); ok {
			first = cli.InputName(text.Stdin) + ":" + line
		}
		cli.Warn(cmd, "skipped %s without a known word (first: %s)", cli.Plural(b.Skipped, "document", "documents"), first)
	}
	switch warning := b.Recall.Warning(); {
	case warning != "":
		cli.Warn(cmd, "%s: use --quantize none or more bits", warning)
	case b.Recall.Found < index.GoodRecall:
		cli.Warn(cmd, "%v: search wider with --ef, or build with a larger --ef-construction", b.Recall)
	case b.Documents > 100 && b.Stated.Queries == 0 && b.Index != string(index.Flat) && !cli.JSON(cmd):
		cli.Note(cmd, "%v", b.Recall)
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), b)
	}
	cli.Note(cmd, "%s, %s, %s in %s: %s", cli.Plural(b.Documents, what, what+"s"), cli.Plural(b.Dimensions, "dimension", "dimensions"),
		cli.Bytes(b.Bytes), cli.Seconds(b.Seconds), b.Output)
	cli.Note(cmd, "next: %s", next)
	return nil
}

func buildCollection(cmd *cobra.Command, paths []string, o buildOptions) error {
	began := time.Now()
	src, err := cli.OpenRecords(paths, o.text, o.skipBad)
	if err != nil {
		return err
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
	var empty int64
	summary, err := collection.Build(cmd.Context(), o.output, enc, documents(cmd.Context(), src, &empty), collection.BuildOptions{
		Index: o.index, Replace: o.force, Threads: o.index.Threads, AnyRecall: o.anyRecall,
		OnProgress: func(done int64) {
			progress.Update(cli.Share(src.Consumed(), src.Size()), progress.Rate(done, "documents"))
		}})
	progress.Done()
	cli.WarnInvalid(cmd, src)
	if err != nil {
		return cli.Skippable(err)
	}
	if empty > 0 && (o.text.Field != "" || o.text.Column != "") {
		cli.Warn(cmd, "skipped %s without text", cli.Plural(empty, "record", "records"))
	}
	skipped, _ := src.Skipped()
	b := built{SkippedRecords: skipped, EmptyRecords: empty, Recall: summary.Recall,
		Output: o.output, Documents: summary.Documents, Skipped: summary.Skipped, FirstSkipped: summary.FirstSkipped,
		Dimensions: summary.Dim, Index: string(o.index.Kind), Metric: o.metric, Bytes: summary.Bytes, Seconds: time.Since(began).Seconds()}
	return b.report(cmd, "document", cli.CommandLine("search", "query", cli.PathArgument(o.output))+` "a question"`)
}

// refuseExisting reports an existing output before the model is read; writing
// checks it again, and more.
func refuseExisting(o buildOptions) error {
	if _, err := os.Lstat(o.output); err == nil && !o.force {
		return fault.New("use --force to replace it", "cannot write %s: %w", o.output, fs.ErrExist)
	}
	return nil
}

// buildVectors makes an index of the vectors of a file.
func buildVectors(cmd *cobra.Command, o buildOptions) error {
	began := time.Now()
	if o.output == "-" {
		return cli.UsageError(fault.New("name a file", "an index cannot be written to standard output"))
	}
	out, err := cli.OpenOutput(cmd, cli.OutputOptions{Path: o.output, Force: o.force, Inputs: []string{o.vectors}})
	if err != nil {
		return err
	}
	out.Abort() // index.SaveFile writes it
	progress := cli.StartProgress(cmd, "build")
	defer progress.Done()
	var read *exchange.Vectors
	rows := func(add func(total, label int64, vector []float32) error) (err error) {
		read, err = exchange.ReadLabeled(cmd.Context(), o.vectors, o.read, add)
		return err
	}
	ix, err := index.FillLabeled(cmd.Context(), o.index, o.vectors, rows, func(done, total int64) {
		progress.Items(done, total, "vectors")
	})
	if err != nil {
		return err
	}
	if ix == nil {
		return fault.New(exchange.Hint(), "%s holds no vectors", o.vectors)
	}
	recall, err := index.MeasureRecall(cmd.Context(), ix)
	if err == nil && !o.anyRecall {
		err = recall.Check(o.index.Quantization)
	}
	if err != nil {
		return err
	}
	if err := index.SaveFile(o.output, ix, o.force); err != nil {
		return err
	}
	progress.Done()
	info, err := os.Stat(o.output)
	if err != nil {
		return err
	}
	cli.NoteVectors(cmd, read)
	options := ix.Options()
	b := built{Recall: recall, Output: o.output, Format: read.Format, Documents: int64(ix.Len()), Dimensions: options.Dim, Index: string(options.Kind),
		Metric: options.Metric.String(), Bytes: info.Size(), Seconds: time.Since(began).Seconds(),
		KeepVectors: string(options.KeepVectors), Stated: ix.Stats().Recall}
	noteIndex(cmd, o.index, options, b.Stated)
	return b.report(cmd, "vector", cli.CommandLine("search", "query", cli.PathArgument(o.output))+" --vectors FILE")
}

// documents makes a document of each line of src that is not empty, and counts those that are.
func documents(ctx context.Context, src *text.Source, empty *int64) iter.Seq2[collection.Document, error] {
	return func(yield func(collection.Document, error) bool) {
		for line, err := range cli.Lines(ctx, src) {
			if err != nil {
				yield(collection.Document{}, err)
				return
			}
			if cli.Blank(line.Text) {
				*empty++
				continue
			}
			if !yield(collection.Document{Text: line.Text, File: line.File, Line: line.Number}, nil) {
				return
			}
		}
	}
}
