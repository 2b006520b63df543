package train

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/words"
)

// vocabJob is a command line of train vocab.
type vocabJob struct {
	counted
	options corpora.BuildOptions
	words   tokenize.WordOptions
	split   string // --tokenizer
	text    text.Selection
	phrases []string
	shard   string
}

// counted is the output of the commands that count.
type counted struct {
	output string
	force  bool
}

// declare declares the flags of the output.
func (c *counted) declare(cmd *cobra.Command) *cobra.Command {
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "FILE", Into: &c.output, Help: "file to write, or - for standard output", Ext: []string{"tsv", "json"}},
		cli.Flag{Name: "force", Into: &c.force, Help: "replace FILE if it exists"},
		cli.JSONFlag())
}

// write writes the output with the function, which returns the length.
func (c *counted) write(cmd *cobra.Command, inputs []string, make func() (io.WriterTo, error)) (int64, error) {
	out, err := cli.OpenOutput(cmd, cli.OutputOptions{Path: c.output, Force: c.force, Inputs: inputs})
	if err != nil {
		return 0, err
	}
	defer out.Abort()
	content, err := make()
	if err != nil {
		return 0, err
	}
	n, err := content.WriteTo(out)
	if err != nil {
		return 0, err
	}
	return n, out.Commit()
}

// countArgument is a file that a merge reads.
func countArgument() cli.Flag {
	return cli.Flag{Arg: "COUNTS", Help: "file that --shard has written, of each shard one", Ext: []string{"tsv"}}
}

// readEach reads the files that a merge adds up.
func readEach[C any](names []string, read func(name string, r io.Reader) (C, error)) (all []C, err error) {
	if len(names) == 0 {
		return nil, cli.UsageError(fault.New("name the files of all shards", "no counts to merge"))
	}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return nil, cli.UsageError(fault.New(fault.OpenHint(err), "cannot read %s: %w", name, fault.Cause(err)))
		}
		c, err := read(name, f)
		f.Close()
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// warnDropped warns that counts may be too low.
func warnDropped(cmd *cobra.Command, what string, n, below int64) {
	if n > 0 {
		cli.Warn(cmd, "dropped %s %s that occurred %s, for lack of memory: rare ones may be missing, and merged shards may differ from one pass", cli.Thousands(n), what, times(below))
	}
}

func pruneFlags(o *corpora.BuildOptions) []cli.Flag {
	o.MinCount = corpora.DefaultMinCount
	return []cli.Flag{
		{Name: "min-count", Arg: "N", Into: &o.MinCount, Field: "MinCount", Positive: true, Help: "ignore words that occur less often"},
		{Name: "max-vocab", Arg: "N", Into: &o.MaxVocabulary, Field: "MaxVocabulary", Help: "keep only the N most frequent words; 0 keeps all"},
	}
}

func vocabCommand() *cobra.Command {
	j := &vocabJob{split: "words"}
	cmd := &cobra.Command{
		Use:   "vocab [CORPUS...] -o FILE [options]",
		Short: "Count words for training that is divided among processes",
		Long: `
'train skipgram --vocab FILE' and 'train cbow --vocab FILE' then use the counts of the
whole text while each process reads a shard of it. FILE has a line for each word: the word,
a tab and its count. With --shard, all words are kept, and 'train vocab merge' adds up the
shards: the result is that of one pass over all text, byte for byte.`,
		Example: `
$ train vocab wiki.txt -o vocab.tsv
$ train vocab wiki/ --shard 3/8 -o counts-3.tsv
$ train vocab merge counts-*.tsv --min-count 10 -o vocab.tsv`,
		RunE: j.run,
	}
	cli.Declare(cmd, cli.Arguments, corpusArgument())
	cli.Declare(cmd, cli.ForInput, cli.TextFlags(&j.text)...)
	cli.Declare(cmd, cli.ForInput, cli.ShardFlag(&j.shard),
		cli.Flag{Name: "tokenizer", Arg: "NAME", Into: &j.split, Field: "Tokenizer", Open: true, Help: "how text is split into words", Values: []cli.Value{
			{Name: "words", Help: "at word boundaries of Unicode (UAX #29)"},
			{Name: "whitespace", Help: "at white space, which keeps punctuation"},
			{Name: "MODEL", Help: "as that model does, phrases included"},
			{Name: "FILE", Help: "into the tokens of a tokenizer.json of Hugging Face (WordPiece, BPE, Unigram) or a vocab.txt of BERT, with their ids"}}},
		cli.Flag{Name: "cased", Into: &j.words.Cased, Field: "Cased", Help: "keep capital letters"}, cli.LocaleFlag(&j.words.Locale),
		cli.Flag{Name: "phrases", Arg: "FILE", Into: &j.phrases, Field: "Phrases", Help: "join the phrases of 'train phrases' into single words", Ext: []string{"tsv"}})
	cli.Declare(cmd, cli.ForInput, pruneFlags(&j.options)...)
	cli.OnlyImport(cmd)
	cmd.AddCommand(vocabMergeCommand())
	return j.declare(cmd)
}

func (j *vocabJob) run(cmd *cobra.Command, args []string) error {
	if err := checkFile(cmd, j.output, "vocab.tsv"); err != nil {
		return err
	}
	for _, flag := range []string{"min-count", "max-vocab"} {
		if j.shard != "" && cmd.Flags().Changed(flag) {
			return cli.UsageError(fault.New("give it to 'train vocab merge'", "--%s cannot be used with --shard, which keeps all counts", flag))
		}
	}
	given := cli.Given(cmd)
	tokenizer, err := words.OpenTokenizer(j.split, j.words, words.Options{}, given...)
	if err != nil {
		return missing(err)
	}
	if tokenizer, err = tokenizer.WithPhraseFiles(j.phrases...); err != nil {
		return err
	}
	source, err := openCorpus(args, j.text)
	if err != nil {
		return err
	}
	if _, err := cli.OpenShard(cmd.Context(), cmd, source, j.shard); err != nil {
		return err
	}
	began := time.Now()
	var c *corpora.Counts
	size, err := j.write(cmd, append(source.Names(), j.phrases...), func() (io.WriterTo, error) {
		progress := cli.StartProgress(cmd, "counting")
		o := j.options
		o.Tokenizer, o.OnProgress = tokenizer, progress.Bytes
		var err error
		c, err = corpora.CountWords(cmd.Context(), source, o)
		progress.Done()
		cli.WarnInvalid(cmd, source)
		return c, err
	})
	if err != nil || j.output == "-" {
		return err
	}
	next := cli.CommandLine("train", append(nextCommand(args, j.text), "--vocab", cli.PathArgument(j.output), "--shard", "1/4", "-o", "part1")...)
	if j.shard != "" {
		next = cli.CommandLine("train", "vocab", "merge", "COUNTS", "-o", "vocab.tsv")
	}
	return reportVocab(cmd, j.output, size, c, time.Since(began), next)
}

func vocabMergeCommand() *cobra.Command {
	var out counted
	var o corpora.BuildOptions
	cmd := &cobra.Command{
		Use:   "merge COUNTS... -o FILE [options]",
		Short: "Add up the counts of all shards",
		Long: `
FILE is what one pass over all text would write, byte for byte. A missing shard, a shard that
is named twice, shards of another text, and counts of other options are refused.`,
		Example: "$ train vocab merge counts-*.tsv -o vocab.tsv",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFile(cmd, out.output, "vocab.tsv"); err != nil {
				return err
			}
			began := time.Now()
			all, err := readEach(args, corpora.ReadCounts)
			if err != nil {
				return err
			}
			c, err := corpora.MergeCounts(args, all, o.MinCount, o.MaxVocabulary)
			if err != nil {
				return err
			}
			size, err := out.write(cmd, args, func() (io.WriterTo, error) { return c, nil })
			if err != nil || out.output == "-" {
				return err
			}
			return reportVocab(cmd, out.output, size, c, time.Since(began),
				cli.CommandLine("train", "skipgram", "CORPUS", "--vocab", cli.PathArgument(out.output), "--shard", "1/4", "-o", "part1"))
		},
	}
	cli.Declare(cmd, cli.Arguments, countArgument())
	cli.Declare(cmd, cli.ForInput, pruneFlags(&o)...)
	cli.NameField(cmd, "Shard", "--shard")
	return out.declare(cmd)
}

// vocabReport is the report of train vocab.
type vocabReport struct {
	Output     string   `json:"output"`
	Bytes      int64    `json:"bytes"`
	Shard      string   `json:"shard,omitempty"`
	Words      int64    `json:"words"`
	Distinct   int      `json:"distinct_words"`
	Vocabulary int      `json:"vocabulary"`
	Dropped    int64    `json:"dropped"` // words dropped for lack of memory
	Seconds    float64  `json:"seconds"`
	Next       []string `json:"next"`
}

func reportVocab(cmd *cobra.Command, output string, size int64, c *corpora.Counts, took time.Duration, next string) error {
	n, below := c.Dropped()
	warnDropped(cmd, "words", n, below)
	if n := c.Skipped(); n > 0 {
		cli.Warn(cmd, "skipped %s of more than %s bytes", cli.Plural(n, "word", "words"), cli.Thousands(tokenize.MaxWordBytes))
	}
	return printReport(cmd, &vocabReport{output, size, c.Shard(), c.Words(), c.Distinct(), c.Vocabulary().Len(), n, took.Seconds(), []string{next}})
}

func (r *vocabReport) write(b *strings.Builder, _ int) {
	fmt.Fprintf(b, "counted %s words, %s distinct, in %s; kept %s\n", cli.Count(float64(r.Words)), cli.Count(float64(r.Distinct)),
		cli.Seconds(r.Seconds), cli.Thousands(r.Vocabulary))
	fmt.Fprintf(b, "\nwrote %s, %s%s\n", cli.Printable(r.Output), cli.Bytes(r.Bytes), shardSuffix(r.Shard))
	writeNext(b, r.Next)
}

func shardSuffix(shard string) string {
	if shard == "" {
		return ""
	}
	return ": the counts of shard " + shard
}
