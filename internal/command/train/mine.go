package train

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/index/mining"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence/models"
	sentences "github.com/luminavec/luminavec/sentence/train"
)

// mineJob is a command line of train mine.
type mineJob struct {
	options    mining.Options
	input      sentences.Input
	candidates mining.Candidates
	format     string
	output     string
	force      bool
	determined bool
}

// triplets is the value of --format that writes a row for each negative.
const triplets = "triplets"

func mineCommand() *cobra.Command {
	job := mineJob{options: mining.DefaultOptions(), candidates: mining.Positives, determined: true}
	o := &job.options
	cmd := &cobra.Command{
		Use:   "mine [PAIRS...] -m MODEL -o FILE",
		Short: "Find hard negatives for training on pairs",
		Long: `
For each pair, find texts that MODEL considers similar to the first text although they
do not belong to it. 'train sentence FILE' learns to tell them from the second text.

PAIRS are as in 'train sentence --help'. Of labelled pairs, those with label 1 are
used. Texts that are paired with the first text anywhere are never its negatives. FILE
has the columns anchor, positive, negative_1, negative_2 and so on; pairs with too few
negatives are skipped. Texts with the same tokens, such as those that differ only in
case, count as one text. Texts are stored in a temporary file, and only their vectors in memory.`,
		Example: `
$ train mine pairs.tsv -m model -o mined.tsv
$ train sentence mined.tsv --init model -o tuned
$ train mine qa.jsonl -m qa --margin 0.1 --sample random -o hard.jsonl`,
		RunE: job.run,
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "PAIRS", Ext: pairEndings, Help: "file of pairs, or - for standard input (default: a bundled sample)"})
	cli.Declare(cmd, cli.ForInput, cli.ModelFlag(), cli.PromptFlag(), cli.PrecisionFlag(), columnsFlag(&job.input.Columns), labelsFlag(&job.input.Labels), strictFlag(&job.input.Strict),
		cli.Flag{Name: "candidates", Arg: "NAME", Into: &job.candidates, Field: "Candidates", Help: "texts that may be negatives",
			Values: cli.Summarized([]mining.Candidates{mining.Positives, mining.All}, mining.Candidates.Summary)})
	cli.Declare(cmd, "Selection",
		cli.Flag{Name: "negatives", Arg: "N", Into: &o.Negatives, Field: "Negatives", Help: "negatives of a pair, 1 to 30"},
		cli.Flag{Name: "range-min", Arg: "N", Into: &o.RangeMin, Field: "RangeMin", Help: "nearest texts to skip"},
		cli.Flag{Name: "range-max", Arg: "N", Into: &o.RangeMax, Field: "RangeMax", Help: "last rank to consider"},
		cli.Flag{Name: "max-score", Arg: "X", Into: &o.MaxScore, Field: "MaxScore", Help: "highest cosine of a negative"},
		cli.Flag{Name: "margin", Arg: "X", Into: &o.Margin, Field: "Margin",
			Help: "how far the cosine of a negative must be below that of the positive: nearer texts are more often unknown positives; -2 admits all"},
		cli.Flag{Name: "relative-margin", Arg: "X", Into: &o.RelativeMargin, Field: "RelativeMargin",
			Help: "the same as a fraction of the positive's cosine; added to --margin", Default: short(o.RelativeMargin) + ", or 0 with --margin"},
		cli.Flag{Name: "sample", Arg: "NAME", Into: &o.Sample, Field: "Sample", Help: "which of the qualifying texts to use",
			Values: cli.Summarized(mining.Samplings(), mining.Sampling.Summary)},
		cli.Flag{Name: "seed", Arg: "N", Into: &o.Seed, Field: "Seed", Help: "seed of --sample random"})
	cli.Declare(cmd, "Search",
		cli.Flag{Name: "ef", Arg: "N", Into: &o.Ef, Field: "Ef", Positive: true, Help: "beam width of a search in the graph", Default: "100, or as far as --range-max"},
		cli.Flag{Name: "exact", Into: &o.Exact, Field: "Exact", Help: "compare with all candidates, which is slow for many; always used for fewer than 10,000"},
		cli.Flag{Name: "deterministic", Into: &job.determined, Help: "write the same FILE each time; =false builds the graph on all threads"},
		cli.Flag{Name: "threads", Arg: "N", Into: &o.Threads, Field: "Threads", Positive: true, Help: "number of threads", Default: "all cores"})
	cli.NameField(cmd, "ScoreRange", "--score-range of 'train sentence'")
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "FILE", Into: &job.output, Help: "file to write, or - for standard output"},
		cli.Flag{Name: "format", Arg: "NAME", Into: &job.format, Field: "Format", Help: "format of FILE", Default: "the extension of FILE; without one tsv",
			Values: append(cli.Summarized(mining.Formats(), mining.Format.Summary),
				cli.Value{Name: triplets, Help: "a row for each negative, with the columns anchor, positive and negative"})},
		cli.Flag{Name: "force", Into: &job.force, Help: "replace FILE if it exists; mine even if memory seems too small"},
		cli.JSONFlag())
}

// settle checks the command line and derives what follows from it.
func (j *mineJob) settle(cmd *cobra.Command, args []string) error {
	o, given := &j.options, cmd.Flags().Changed
	j.input.Files, o.ParallelBuild = args, !j.determined
	if given("margin") && !given("relative-margin") {
		o.RelativeMargin = 0
	}
	if err := o.Validate(); err != nil {
		return err
	}
	if err := j.input.Validate(); err != nil {
		return err
	}
	switch {
	case given("seed") && o.Sample != mining.Random:
		return fault.New("add --sample random, or leave it out", "--seed applies to --sample random")
	}
	if err := checkFile(cmd, j.output, "mined.tsv"); err != nil {
		return err
	}
	for _, packed := range []string{".gz", ".bz2", ".zst"} {
		if name, ok := strings.CutSuffix(j.output, packed); ok {
			return fault.New("write "+name+" and compress it", "%s would not be compressed as its name says", j.output)
		}
	}
	return nil
}

func (j *mineJob) run(cmd *cobra.Command, args []string) error {
	if err := j.settle(cmd, args); err != nil {
		return cli.UsageError(err)
	}
	model, err := cli.ModelPath(cmd)
	if err != nil {
		return err
	}
	format := mining.Format(j.format)
	if format == "" || format == triplets {
		if format, err = mining.FormatOf(j.output); err != nil {
			return cli.UsageError(err)
		}
	}
	sources, done, err := j.input.Open(cmd.Context(), false)
	if err != nil {
		return err
	}
	defer done()
	out, err := cli.OpenOutput(cmd, cli.OutputOptions{Path: j.output, Force: j.force, Inputs: args})
	if err != nil {
		return err
	}
	defer out.Abort()
	encoder, err := cli.OpenModel(cmd)
	if err != nil {
		return err
	}
	began := time.Now()
	pairs, err := j.readPairs(cmd, sources, encoder)
	if pairs != nil {
		defer pairs.Close()
	}
	if err != nil {
		return err
	}
	if err := j.checkNeeds(cmd, pairs, encoder); err != nil {
		return err
	}
	w, err := mining.NewWriter(out, format, j.options.Negatives, j.format == triplets)
	if err != nil {
		return err
	}
	found, err := j.mine(cmd, pairs, encoder, w)
	if err != nil {
		return err
	}
	if err := out.Commit(); err != nil {
		return err
	}
	if j.output == "-" {
		return nil
	}
	cli.WarnTruncated(cmd, encoder)
	r := &mineReport{
		Output: j.output, Rows: w.Rows, Negatives: j.options.Negatives, Texts: pairs.Texts(), Result: found, Seconds: time.Since(began).Seconds(),
		Next: []string{cli.CommandLine("train", "sentence", cli.PathArgument(j.output), "--init", model, "-o", "tuned")},
	}
	return printReport(cmd, r)
}

// readPairs reads the pairs, and reports what it found.
func (j *mineJob) readPairs(cmd *cobra.Command, sources []pairs.Source, encoder models.Model) (*mining.Pairs, error) {
	progress := cli.StartProgress(cmd, "reading")
	o := mining.ReadOptions{Pairs: j.input.PairOptions(encoder.Tokenizer(), 0), Composed: encoder.Composes(), Candidates: j.candidates}
	o.Pairs.OnProgress = progress.Bytes
	pairs, err := mining.Read(cmd.Context(), sources, o)
	progress.Done()
	if err != nil {
		return nil, err
	}
	notePairs(cmd, pairs.Stats(), pairs.Files())
	return pairs, cli.UsageError(labelsUsed(j.input.Labels, pairs.Files()))
}

// checkNeeds reports what mining needs, and rejects what does not fit the memory.
func (j *mineJob) checkNeeds(cmd *cobra.Command, pairs *mining.Pairs, encoder models.Model) error {
	need, has := j.options.Memory(pairs.Candidates(), encoder.Dim()), limits(j.output).Memory
	if has >= 0 && need > has {
		err := fault.New("mine parts of the pairs separately, or with a model of fewer dimensions; --force tries anyway",
			"the vectors of %s need %s of memory, but %s are free", cli.Plural(pairs.Candidates(), "candidate", "candidates"), cli.Bytes(need), cli.Bytes(has))
		if !j.force {
			return err
		}
		cli.Warn(cmd, "%v", err)
	}
	cli.Note(cmd, "mining needs %s of memory%s for %s of %d dimensions, and stores %s of text in a temporary file",
		cli.Bytes(need), free(has), cli.Plural(pairs.Candidates(), "vector", "vectors"), encoder.Dim(), cli.Bytes(pairs.SpoolBytes()))
	return nil
}

// mine writes the pairs with their negatives.
func (j *mineJob) mine(cmd *cobra.Command, pairs *mining.Pairs, encoder models.Model, w *mining.Writer) (*mining.Result, error) {
	stages := cli.Stages{Cmd: cmd}
	j.options.OnProgress = func(stage string, done, all int64) {
		unit := "pairs"
		if stage == "encoding" {
			unit = "texts"
		}
		stages.Update(stage, cli.Share(done, all), cli.Count(float64(done))+" "+unit)
	}
	found, err := pairs.Mine(cmd.Context(), encoder, j.options, w.Write)
	stages.Done()
	if err == nil {
		err = found.Empty(j.options)
	}
	if err != nil {
		return nil, err
	}
	return found, w.Flush()
}
