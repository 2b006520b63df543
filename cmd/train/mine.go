package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/index/mining"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

const mineHelp = `Usage: train mine [PAIRS...] -m MODEL -o FILE [options]

Find hard negatives: for each pair, the texts that MODEL takes for near to the
first and that do not belong to it. 'train sentence FILE' learns to tell them
from the second.

PAIRS are as in 'train sentence --help'; a text and one that belongs to it are
read, and labelled pairs if their label is 1. Texts that are paired with the
first anywhere are never its negatives. FILE has the columns anchor, positive,
negative_1, negative_2 and so on; pairs with too few negatives are left out.

Options:
%[1]s  -o, --output FILE      file to write, or - for standard output
      --force            replace FILE if it exists; mine even if memory seems
                         too small
      --format NAME      tsv, csv or jsonl (default by the ending of FILE, else
                         tsv), or triplets: a row for each negative, with the
                         columns anchor, positive and negative
      --columns A,B[,...], --strict
                         as in 'train sentence --help'
      --candidates NAME  what may be a negative: positives, the second texts of
                         all pairs; or all, first and further ones too
                         (default positives)

Which of the nearest:
      --negatives N      for each pair, 1 to %[2]d (default %[3]d)
      --range-min N      pass over so many of the nearest (default %[4]d)
      --range-max N      look no further than this rank (default %[5]d)
      --max-score X      leave out texts with a higher cosine (default %[6]s)
      --margin X         leave out texts whose cosine is not this far below that
                         of the positive: such as are more often unknown
                         positives; -2 leaves out none
      --relative-margin X
                         the same as a part of the positive's cosine (default
                         %[7]s, or 0 with --margin); given both, they add up
      --sample NAME      top, the nearest, or random (default top)
      --seed N           seed of random (default 1)

Search:
      --ef N             beam of a search in the graph (default %[5]d, or as far
                         as is looked)
      --exact            compare with all candidates, as is done below 10,000:
                         nothing is missed, and many take long
      --deterministic    the same FILE each time; =false builds the graph on all
                         threads (default true)
      --threads N        goroutines (default: all cores)
%[8]s
Texts lie in a temporary file, and only their vectors in memory.

Examples:
  $ train mine pairs.tsv -m model -o mined.tsv
  $ train sentence mined.tsv --init model -o tuned
  $ train mine qa.jsonl -m qa --margin 0.1 --sample random -o hard.jsonl
`

// mineJob is a command line of train mine.
type mineJob struct {
	options    mining.Options
	read       mining.ReadOptions
	sample     string
	candidates string
	columns    string
	format     string
	output     string
	force      bool
	determined bool
}

// triplets is the value of --format that is no format of its own.
const triplets = "triplets"

func mineCommand() *cobra.Command {
	job := mineJob{options: mining.DefaultOptions()}
	o := &job.options
	short := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	cmd := &cobra.Command{
		Use:   "mine [PAIRS...] -m MODEL -o FILE",
		Short: "find hard negatives for training on pairs",
		Long: fmt.Sprintf(mineHelp, cli.ModelHelp, mining.MaxNegatives, o.Negatives, o.RangeMin, o.RangeMax, short(o.MaxScore),
			short(o.RelativeMargin), cli.JSONHelp+cli.SharedHelp),
		RunE: job.run,
	}
	cli.AddModel(cmd)
	f := cmd.Flags()
	f.StringVarP(&job.output, "output", "o", "", "")
	f.BoolVar(&job.force, "force", false, "")
	f.StringVar(&job.format, "format", "", "")
	f.StringVar(&job.columns, "columns", "", "")
	f.BoolVar(&job.read.Pairs.Strict, "strict", false, "")
	f.StringVar(&job.candidates, "candidates", string(mining.Positives), "")
	f.IntVar(&o.Negatives, "negatives", o.Negatives, "")
	f.IntVar(&o.RangeMin, "range-min", o.RangeMin, "")
	f.IntVar(&o.RangeMax, "range-max", o.RangeMax, "")
	f.Float64Var(&o.MaxScore, "max-score", o.MaxScore, "")
	f.Float64Var(&o.Margin, "margin", o.Margin, "")
	f.Float64Var(&o.RelativeMargin, "relative-margin", o.RelativeMargin, "")
	f.StringVar(&job.sample, "sample", string(o.Sample), "")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "")
	f.IntVar(&o.Ef, "ef", 0, "")
	f.BoolVar(&o.Exact, "exact", false, "")
	f.BoolVar(&job.determined, "deterministic", true, "")
	f.IntVar(&o.Threads, "threads", 0, "")
	cli.AddJSON(cmd)
	return cmd
}

// settle checks the command line and fills in what follows from it.
func (j *mineJob) settle(cmd *cobra.Command, args []string) error {
	o, given := &j.options, cmd.Flags().Changed
	o.Sample, o.ParallelBuild = mining.Sampling(j.sample), !j.determined
	if given("margin") && !given("relative-margin") {
		o.RelativeMargin = 0
	}
	if err := o.Validate(); err != nil {
		return err
	}
	j.read.Candidates = mining.Candidates(j.candidates)
	if j.columns != "" {
		if len(args) == 0 {
			return fault.New("name the files to read, or - for standard input", "--columns needs PAIRS")
		}
		for name := range strings.SplitSeq(j.columns, ",") {
			j.read.Pairs.Columns = append(j.read.Pairs.Columns, strings.TrimSpace(name))
		}
	}
	if err := j.read.Validate(); err != nil {
		return err
	}
	switch mining.Format(j.format) {
	case "", mining.TSV, mining.CSV, mining.JSONL, triplets:
	default:
		return fault.New("choose tsv, csv, jsonl or triplets", "unknown format %q", j.format)
	}
	if given("seed") && o.Sample != mining.Random {
		return fault.New("add --sample random, or leave --seed out", "--seed is of --sample random")
	}
	switch {
	case j.output == "":
		return fault.New("name the file to write: -o mined.tsv", "no output was given")
	case j.output == "-" && cli.JSON(cmd):
		return fault.New("write the pairs to a file: -o mined.tsv", "the report and the pairs cannot both go to standard output")
	}
	for _, packed := range []string{".gz", ".bz2", ".zst"} {
		if name, ok := strings.CutSuffix(j.output, packed); ok {
			return fault.New("write "+name+" and compress it", "%s would not be compressed, as its name says", j.output)
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
	sources := pairs.Sample()
	if len(args) > 0 {
		if sources, err = pairs.Open(args, nil); err != nil {
			return err
		}
	}
	out, err := cli.OpenOutput(cmd, cli.OutputOptions{Path: j.output, Force: j.force, Inputs: args})
	if err != nil {
		return err
	}
	defer out.Abort()
	encoder, err := cli.OpenEncoder(cmd)
	if err != nil {
		return err
	}
	began := time.Now()
	pairs, err := j.readPairs(cmd, sources)
	if err != nil {
		return err
	}
	defer pairs.Close()
	if err := j.checkNeeds(cmd, pairs, encoder); err != nil {
		return err
	}
	format := mining.Format(j.format)
	if format == "" || format == triplets {
		format = mining.FormatOf(j.output)
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
	r := newMineReport(j, model, pairs, found, w.Rows, time.Since(began))
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), r)
	}
	return r.writeText(cmd.OutOrStdout())
}

// readPairs reads the pairs, and says what it found.
func (j *mineJob) readPairs(cmd *cobra.Command, sources []pairs.Source) (*mining.Pairs, error) {
	progress := cli.StartProgress(cmd, "reading")
	j.read.Pairs.OnProgress = func(done, size int64) {
		share := -1.0
		if size > 0 {
			share = float64(done) / float64(size)
		}
		progress.Update(share, cli.Bytes(done))
	}
	pairs, err := mining.Read(cmd.Context(), sources, j.read)
	progress.Done()
	if err != nil {
		return nil, err
	}
	s := pairs.Stats()
	if s.Invalid > 0 {
		cli.Warn(cmd, "%s of broken UTF-8 read as U+FFFD, first at %s", cli.Plural(s.Invalid, "byte", "bytes"), s.FirstInvalid)
	}
	for _, f := range pairs.Files() {
		cli.Note(cmd, "%s: %s %s: %s", cli.Printable(f.Name), cli.Thousands(f.Examples), f.Kind, f.Layout)
	}
	for _, skipped := range s.Skipped {
		cli.Warn(cmd, "%s left out, %s: first %s", cli.Plural(skipped.Rows, "row", "rows"), skipped.Reason, skipped.First)
	}
	return pairs, nil
}

// checkNeeds says what mining will need, and refuses what the machine has no room for.
func (j *mineJob) checkNeeds(cmd *cobra.Command, pairs *mining.Pairs, encoder *sentence.Encoder) error {
	need, has := j.options.Memory(pairs.Candidates(), encoder.Dim()), limits(j.output).Memory
	if has >= 0 && need > has {
		err := fault.New("mine for parts of the pairs, or with a model of fewer dimensions; --force tries it all the same",
			"the vectors of %s need %s of memory, and %s are free", cli.Plural(pairs.Candidates(), "candidate", "candidates"), cli.Bytes(need), cli.Bytes(has))
		if !j.force {
			return err
		}
		cli.Warn(cmd, "%v", err)
	}
	cli.Note(cmd, "mining needs %s of memory%s for %s of %d dimensions, and has %s of text in a temporary file",
		cli.Bytes(need), free(has), cli.Plural(pairs.Candidates(), "vector", "vectors"), encoder.Dim(), cli.Bytes(pairs.SpoolBytes()))
	return nil
}

// mine writes the pairs with their negatives.
func (j *mineJob) mine(cmd *cobra.Command, pairs *mining.Pairs, encoder *sentence.Encoder, w *mining.Writer) (*mining.Result, error) {
	var progress *cli.Progress
	stage := ""
	j.options.OnProgress = func(now string, done, all int64) {
		if now != stage {
			progress.Done()
			stage = now
			progress = cli.StartProgress(cmd, stage)
		}
		share, unit := 1.0, "pairs"
		if all > 0 {
			share = float64(done) / float64(all)
		}
		if stage == "encoding" {
			unit = "texts"
		}
		progress.Update(share, cli.Count(float64(done))+" "+unit)
	}
	found, err := pairs.Mine(cmd.Context(), encoder, j.options, w.Write)
	progress.Done()
	if err != nil {
		return nil, err
	}
	if found.Written == 0 {
		if found.Unknown == found.Pairs {
			return nil, fault.New("is the model of the language of the pairs?", "the model knows no token of any pair's texts")
		}
		return nil, fault.New("lower --negatives, raise --range-max, or let nearer ones in: --relative-margin 0, or --margin -2",
			"no pair has %s", cli.Plural(j.options.Negatives, "negative", "negatives"))
	}
	return found, w.Flush()
}
