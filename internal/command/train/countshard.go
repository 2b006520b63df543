package train

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize/learn"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// shardReport is the report of the commands that count a shard.
type shardReport struct {
	Output   string   `json:"output"`
	Bytes    int64    `json:"bytes"`
	Shard    string   `json:"shard"`
	Words    int64    `json:"words"`
	Distinct int      `json:"distinct"`
	Of       string   `json:"-"`       // what is distinct
	Dropped  int64    `json:"dropped"` // for lack of memory
	Seconds  float64  `json:"seconds"`
	Next     []string `json:"next"`
}

func (r *shardReport) write(b *strings.Builder, _ int) {
	fmt.Fprintf(b, "counted %s words, %s different %s, in %s\n", cli.Count(float64(r.Words)), cli.Count(float64(r.Distinct)), r.Of, cli.Seconds(r.Seconds))
	fmt.Fprintf(b, "\nwrote %s, %s%s\n", cli.Printable(r.Output), cli.Bytes(r.Bytes), shardSuffix(r.Shard))
	writeNext(b, r.Next)
}

// countShard writes the counts of a shard for train phrases merge.
func (j *phrasesJob) countShard(cmd *cobra.Command, source *text.Source) error {
	for _, flag := range []string{"scorer", "threshold", "min-count"} {
		if cmd.Flags().Changed(flag) {
			return cli.UsageError(fault.New("give it to 'train phrases merge'", "--%s cannot be used with --shard, which keeps all counts", flag))
		}
	}
	if _, err := cli.OpenShard(cmd.Context(), cmd, source, j.shard); err != nil {
		return err
	}
	began := time.Now()
	var c *learn.PhraseCounts
	out := counted{j.output, j.force}
	size, err := out.write(cmd, append(source.Names(), j.lists...), func() (io.WriterTo, error) {
		progress := cli.StartProgress(cmd, "counting")
		o := j.options
		o.OnProgress = progress.Bytes
		var err error
		c, err = learn.CountPhrases(cmd.Context(), source, o)
		progress.Done()
		cli.WarnInvalid(cmd, source)
		return c, err
	})
	if err != nil {
		return err
	}
	cli.NoteCutAgain(cmd, c.CutAgain())
	n, below := c.Pruned()
	warnDropped(cmd, "pairs", n, below)
	if j.output == "-" {
		return nil
	}
	return printReport(cmd, &shardReport{j.output, size, c.Shard(), c.Words(), c.Pairs(), "pairs", n, time.Since(began).Seconds(),
		[]string{cli.CommandLine("train", "phrases", "merge", "COUNTS", "-o", "phrases.tsv")}})
}

func phrasesMergeCommand() *cobra.Command {
	j := &phrasesJob{options: learn.DefaultPhraseOptions(learn.Word2Phrase)}
	o := &j.options
	var out counted
	cmd := &cobra.Command{
		Use:   "merge COUNTS... -o FILE [options]",
		Short: "Find phrases in the counts of all shards",
		Long: `
FILE is what one pass over all text would write, byte for byte. A missing shard, a shard that
is named twice, shards of another text, and counts of other options are refused.`,
		Example: "$ train phrases merge counts-*.tsv -o phrases.tsv",
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("threshold") {
				o.Threshold = o.Scorer.DefaultThreshold()
			}
			if err := o.Validate(); err != nil {
				return cli.UsageError(err)
			}
			if err := checkFile(cmd, out.output, "phrases.tsv"); err != nil {
				return err
			}
			began := time.Now()
			all, err := readEach(args, learn.ReadPhraseCounts)
			if err != nil {
				return err
			}
			c, err := learn.MergePhraseCounts(args, all)
			if err != nil {
				return err
			}
			var found *learn.FoundPhrases
			size, err := out.write(cmd, args, func() (io.WriterTo, error) {
				if found, err = c.Find(*o); err != nil {
					return nil, err
				}
				return found.Phrases, nil
			})
			if err != nil {
				return err
			}
			warnDropped(cmd, "pairs", found.Pruned, found.PrunedBelow)
			if out.output == "-" {
				return nil
			}
			j.output = out.output
			return printReport(cmd, newPhrasesReport(j, []string{"CORPUS"}, found, size, time.Since(began)))
		},
	}
	cli.Declare(cmd, cli.Arguments, countArgument())
	cli.Declare(cmd, cli.ForTraining, scoreFlags(o)...)
	return out.declare(cmd)
}

// countShard writes the counts of a shard for train tokenizer merge.
func (j *learnTokenizerJob) countShard(cmd *cobra.Command, source *text.Source) error {
	for _, flag := range []string{"vocab", "min-count", "special", "alphabet", "max-length"} {
		if cmd.Flags().Changed(flag) {
			return cli.UsageError(fault.New("give it to 'train tokenizer merge'", "--%s cannot be used with --shard, which keeps all counts", flag))
		}
	}
	if _, err := cli.OpenShard(cmd.Context(), cmd, source, j.shard); err != nil {
		return err
	}
	began := time.Now()
	var c *learn.WordCounts
	out := counted{j.output, j.force}
	size, err := out.write(cmd, source.Names(), func() (io.WriterTo, error) {
		progress := cli.StartProgress(cmd, "counting")
		o := j.options
		o.OnProgress = func(p learn.Progress) { progress.Bytes(p.Done, p.Size) }
		var err error
		c, err = learn.CountWords(cmd.Context(), source, o)
		progress.Done()
		cli.WarnInvalid(cmd, source)
		return c, err
	})
	if err != nil {
		return err
	}
	n, below := c.Dropped()
	warnDropped(cmd, "words", n, below)
	if j.output == "-" {
		return nil
	}
	return printReport(cmd, &shardReport{j.output, size, c.Shard(), c.Words(), c.Distinct(), "words", n, time.Since(began).Seconds(),
		[]string{cli.CommandLine("train", "tokenizer", "merge", "COUNTS", "--type", string(j.options.Model), "-o", "tokenizer.json")}})
}

func tokenizerMergeCommand() *cobra.Command {
	j := &learnTokenizerJob{options: learn.DefaultOptions(learn.WordPiece)}
	o := &j.options
	o.Lowercase, o.StripAccents, o.Special, o.MaxLength = false, false, nil, 0 // settle sets them by the type
	cmd := &cobra.Command{
		Use:   "merge COUNTS... -o FILE [options]",
		Short: "Learn a tokenizer from the counts of all shards",
		Long: `
FILE is what one pass over all text would write, byte for byte. --type, --lowercase, --locale
and --strip-accents must be those with which the shards were counted. A missing shard, a shard
that is named twice, and shards of another text are refused.`,
		Example: "$ train tokenizer merge counts-*.tsv --type bpe --vocab 50000 -o bpe.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := j.settle(cmd); err != nil {
				return cli.UsageError(err)
			}
			all, err := readEach(args, learn.ReadWordCounts)
			if err != nil {
				return err
			}
			c, err := learn.MergeWordCounts(args, all)
			if err != nil {
				return err
			}
			return j.learn(cmd, []string{"CORPUS"}, args, func(o learn.Options) (*learn.Result, error) { return c.Train(cmd.Context(), o) })
		},
	}
	cli.Declare(cmd, cli.Arguments, countArgument())
	return j.declare(cmd)
}
