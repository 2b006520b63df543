package search

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence/adapt"
	"github.com/luminavec/luminavec/sentence/models"
	"github.com/luminavec/luminavec/sentence/transformer"
)

type buildOptions struct {
	documents       documents.Options
	skipBad         bool
	language        string
	vectors, output string
	read            exchange.Options // of vectors
	force           bool
	metric          string
	index           index.Options
	anyRecall       bool
	adapt, noAdapt  bool
	query           string // model of the questions
	noCopy          bool   // of the models
	shard           string
}

func buildCommand() *cobra.Command {
	o := buildOptions{adapt: true}
	cmd := &cobra.Command{
		Use:   "build [-m MODEL] [options] FILE... -o DIR\nbuild --vectors FILE [options] -o INDEX",
		Short: "Make a collection of text that can be searched, or an index of vectors",
		Long: `
A collection is a folder with passages of the documents, an index of their vectors, one of
their words, and the model, so that 'search query DIR' needs nothing else. Folders are
searched for Markdown, HTML, plain text, source code, and records in JSON Lines, CSV, TSV and
Parquet, without what .gitignore and .ignore exclude. What cannot be read is skipped
and counted. 'search sync DIR' reads again what has changed.

A passage has up to --chunk words under one heading, of neighboring paragraphs, or of one
record. With --split line, each line that is not empty is one.

A copy of the model is tuned for the documents, in seconds: on pairs of headings and sections,
titles, descriptions, questions and answers, and first sentences, as far as they have them.
It is used if it finds held-out ones better; both figures are printed. --no-adapt uses the
model as it is.

With --vectors, only an index of vectors from another program is made, in one file; the
label of a vector is its row, from 0, or with --ids its id, a whole number.

How many of the true nearest vectors the index finds is measured on 100 of its vectors
and reported; below 0.9 it is a warning, and codes (--quantize) that find less than half
are refused.`,
		Example: `
$ search build notes -o collection
search: skipped 3 files: a PDF document (first: notes/paper.pdf)
search: 155 files, 1,342 passages, 256 dimensions, 6.1 MB in 0.9s: collection
search: next: search query collection "a question"`,
		RunE: func(cmd *cobra.Command, args []string) error { return build(cmd, args, o) },
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "FILE",
		Help: "folder, file or glob, or - for standard input; gzip, bzip2 and zstd are decompressed"})
	cli.Declare(cmd, cli.ForInput, modelFlags(&o.query, "QueryModel")...)
	cli.Declare(cmd, cli.ForModel, cli.Flag{Name: "no-copy-model", Into: &o.noCopy, Field: "ModelPath",
		Help: "refer to the models instead of copying them: the collection needs them where they are, unchanged"})
	cli.DocumentFlags(cmd, &o.documents)
	shard := cli.ShardFlag(&o.shard)
	shard.Help = "read only shard I of N, counted from 1: files are assigned whole by size, and large ones divided; 'search merge' joins the collections. The model is used as it is"
	cli.Declare(cmd, cli.ForInput, shard)
	declareAdapt(cmd, &o)
	cli.Declare(cmd, "Records", cli.Flag{Name: "skip-bad", Into: &o.skipBad, Field: "SkipBad", Help: "skip and count bad records, which is the default; --strict stops at the first"})
	cli.Declare(cmd, cli.ForPassages, cli.Flag{Name: "language", Arg: "NAME", Into: &o.language, Field: "Language", Default: "detected",
		Help: "language of the texts, for the index of words", Values: languages()})
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
		if len(paths) > 0 || cmd.Flags().Changed("model") || textFlag(cmd) {
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

// textFlag reports whether a flag about text is given.
func textFlag(cmd *cobra.Command) (given bool) {
	var o documents.Options
	of := &cobra.Command{}
	cli.DocumentFlags(of, &o)
	cmd.Flags().Visit(func(f *pflag.Flag) {
		given = given || slices.Contains([]string{"skip-bad", "precision", "query-model", "query-prompt", "document-prompt", "no-copy-model"}, f.Name) || strings.Contains(f.Name, "adapt") || f.Name == "language" || f.Name == "shard" || of.Flag(f.Name) != nil
	})
	return given
}

// languages are those of the index of words.
func languages() (values []cli.Value) {
	for _, name := range fulltext.Languages() {
		values = append(values, cli.Value{Name: name, Help: fulltext.LanguageTitle(name)})
	}
	return values
}

// built is the report of "search build --json".
type built struct {
	Output       string  `json:"output"`
	Format       string  `json:"format,omitempty"`        // of the file of vectors
	Files        int64   `json:"files,omitempty"`         // of documents
	Passages     int64   `json:"passages,omitempty"`      // of the files
	Documents    int64   `json:"documents"`               // passages with a vector, or vectors
	Skipped      int64   `json:"skipped"`                 // passages without a known word
	FirstSkipped string  `json:"first_skipped,omitempty"` // file:line
	Truncated    int64   `json:"truncated"`               // passages of which the model used only the beginning
	Dimensions   int     `json:"dimensions"`
	Index        string  `json:"index"`
	Metric       string  `json:"metric"`
	Language     string  `json:"language,omitempty"` // of the index of words
	Bytes        int64   `json:"bytes"`
	Seconds      float64 `json:"seconds"`

	SkippedFiles   map[string]int `json:"skipped_files,omitempty"` // by reason
	SkippedRecords int64          `json:"skipped_records"`
	EmptyRecords   int64          `json:"empty_records"` // records without text
	RepeatedIDs    int64          `json:"repeated_ids"`
	Recall         index.Recall   `json:"recall"`
	KeepVectors    string         `json:"keep_vectors,omitempty"`
	Stated         index.Measured `json:"stated_recall"`        // of what is kept, by the vectors as they were
	Longer         int            `json:"longer,omitempty"`     // vectors for which every search compares all
	Adaptation     *adapt.Report  `json:"adaptation,omitempty"` // of the model to the documents
}

func (b *built) report(cmd *cobra.Command, next string) error {
	if b.Skipped > 0 {
		first := b.FirstSkipped
		if line, ok := strings.CutPrefix(first, text.Stdin+":"); ok {
			first = cli.InputName(text.Stdin) + ":" + line
		}
		cli.Warn(cmd, "the model knows no word of %s, which only other words of a question find (first: %s)", cli.Plural(b.Skipped, "passage", "passages"), cli.Printable(first))
	}
	switch warning := b.Recall.Warning(); {
	case warning != "":
		cli.Warn(cmd, "%s: use --quantize none or more bits", warning)
	case b.Stated.Given: // at the width that questions need
		if b.Stated.Recall < index.GoodRecall {
			cli.Warn(cmd, "%v: 'search query --recall 1' compares all vectors", b.Stated)
		}
	case b.Recall.Found < index.GoodRecall:
		cli.Warn(cmd, "%v: search wider with --ef, or build with a larger --ef-construction", b.Recall)
	case b.Documents > 100 && b.Stated.Queries == 0 && b.Index != string(index.Flat) && !cli.JSON(cmd):
		cli.Note(cmd, "%v", b.Recall)
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), b)
	}
	count := cli.Plural(b.Documents, "vector", "vectors")
	if b.Passages > 0 {
		count = cli.Plural(b.Files, "file", "files") + ", " + cli.Plural(b.Passages, "passage", "passages")
	}
	cli.Note(cmd, "%s, %s, %s in %s: %s", count, cli.Plural(b.Dimensions, "dimension", "dimensions"),
		cli.Bytes(b.Bytes), cli.Seconds(b.Seconds), b.Output)
	cli.Note(cmd, "next: %s", next)
	return nil
}

func buildCollection(cmd *cobra.Command, paths []string, o buildOptions) error {
	began := time.Now()
	if o.skipBad && o.documents.Strict {
		return cli.UsageError(fault.New("leave out one of them", "--skip-bad and --strict exclude each other"))
	}
	if err := refuseExisting(o); err != nil {
		return err
	}
	if o.shard != "" {
		var err error
		if o.documents.Shard, err = text.ParseShard(o.shard); err != nil {
			return cli.UsageError(err)
		}
	}
	src, err := cli.OpenDocuments(cmd.Context(), nil, paths, o.documents)
	if err != nil {
		return err
	}
	noteShard(cmd, src)
	model, asks, err := openModels(cmd, o.query)
	if err != nil {
		return err
	}
	build := collection.BuildOptions{Index: o.index, Replace: o.force, Threads: o.index.Threads, AnyRecall: o.anyRecall, Language: o.language}
	build.DocumentPrompt, build.QueryPrompt = promptOf(model), promptOf(asks)
	if o.query != "" {
		build.QueryModel = asks
	}
	if o.noCopy {
		if build.ModelPath, build.QueryModelPath = cli.ModelName(cmd), o.query; build.ModelPath == "" {
			return cli.UsageError(fault.New("name a model with -m, or leave out --no-copy-model", "--no-copy-model refers to the folder of a model, but the bundled model is in the program"))
		}
	}
	tuned, adapted, err := adaptModel(cmd, model, paths, o)
	if err != nil {
		return err
	}
	progress := cli.StartProgress(cmd, "build")
	defer progress.Done()
	build.OnProgress = func(p collection.Progress) { showProgress(progress, p) }
	summary, err := collection.Build(cmd.Context(), o.output, tuned, src, build)
	progress.Done()
	cli.ReportDocuments(cmd, src)
	if err != nil {
		return err
	}
	b := built{Recall: summary.Recall, Stated: summary.Measured, Output: o.output, Files: summary.Files, Passages: summary.Passages,
		Documents: summary.Documents, Skipped: summary.Skipped, FirstSkipped: summary.FirstSkipped,
		Dimensions: summary.Dim, Index: summary.Kind, Metric: o.metric, Language: summary.Language, Bytes: summary.Bytes, Seconds: time.Since(began).Seconds(),
		Adaptation: adapted, SkippedFiles: cli.SkippedDocuments(src), RepeatedIDs: summary.RepeatedIDs}
	for _, s := range src.Skipped() {
		if s.Record {
			b.SkippedRecords++
			delete(b.SkippedFiles, s.Reason)
		}
	}
	b.Truncated = summary.Truncated
	warnRepeated(cmd, summary)
	if err := warnKept(cmd, o.output, src.Options().Keep); err != nil {
		return err
	}
	warnTruncated(cmd, summary)
	return b.report(cmd, cli.CommandLine("search", "query", cli.PathArgument(o.output))+` "a question"`)
}

// noteShard says which files a shard has.
func noteShard(cmd *cobra.Command, src *documents.Source) {
	shard := src.Options().Shard
	if shard.Of == 0 {
		return
	}
	files := src.Files()
	var divided []string
	for _, f := range files {
		if f.Part.Of > 0 {
			divided = append(divided, f.Path)
		}
	}
	switch n := int64(len(files) - len(divided)); {
	case len(divided) == 0:
		cli.Note(cmd, "shard %s: %s", shard, cli.Plural(n, "file", "files"))
	case n == 0:
		cli.Note(cmd, "shard %s: its part of %s", shard, fault.Names(divided))
	default:
		cli.Note(cmd, "shard %s: %s, and its part of %s", shard, cli.Plural(n, "file", "files"), fault.Names(divided))
	}
}

// promptOf returns the prompt of a transformer.
func promptOf(m models.Model) *string {
	if t, ok := m.(*transformer.Encoder); ok {
		prompt := t.Prompt()
		return &prompt
	}
	return nil
}

// warnKept warns about fields to be kept that no passage has.
func warnKept(cmd *cobra.Command, dir string, keep []string) error {
	if len(keep) == 0 {
		return nil
	}
	c, err := collection.OpenTexts(cmd.Context(), dir)
	if err != nil {
		return err
	}
	defer c.Close()
	missing := slices.DeleteFunc(slices.Clone(keep), func(name string) bool { return slices.Contains(c.FieldNames(), name) })
	if len(missing) > 0 {
		cli.Warn(cmd, "no passage has a field %s, which --keep names", fault.Names(missing))
	}
	return nil
}

// warnTruncated warns about passages of which the model used only the beginning.
func warnTruncated(cmd *cobra.Command, s *collection.Summary) {
	help := ""
	if cmd.Flag("chunk") != nil {
		help = "; a smaller --chunk makes shorter passages"
	}
	cli.WarnTruncatedTexts(cmd, s.MaxTokens, s.Truncated, s.LongestTokens, "passage", help)
}

// warnRepeated warns about ids that are not unique.
func warnRepeated(cmd *cobra.Command, s *collection.Summary) {
	if s.RepeatedIDs > 0 {
		cli.Warn(cmd, "%s the id of another (%s): --id names the field of ids", cli.Plural(s.RepeatedIDs, "record has", "records have"), cli.Printable(s.FirstRepeated))
	}
}

// showProgress shows how far a change of a collection has come.
func showProgress(progress *cli.Progress, p collection.Progress) {
	done := cli.Share(p.Bytes, p.AllBytes)
	if p.AllFiles > 1 && p.AllBytes == 0 {
		done = cli.Share(p.Files, p.AllFiles)
	}
	progress.Update(done, progress.Rate(p.Passages, "passages"))
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
	options, stats := ix.Options(), ix.Stats()
	b := built{Recall: recall, Output: o.output, Format: read.Format, Documents: int64(ix.Len()), Dimensions: options.Dim, Index: string(options.Kind),
		Metric: options.Metric.String(), Bytes: info.Size(), Seconds: time.Since(began).Seconds(),
		KeepVectors: string(options.KeepVectors), Stated: stats.Recall, Longer: stats.Longer}
	noteIndex(cmd, o.index, options, b.Stated)
	cli.WarnAll(cmd, stats.Warning())
	return b.report(cmd, cli.CommandLine("search", "query", cli.PathArgument(o.output))+" --vectors FILE")
}
