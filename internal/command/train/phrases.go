package train

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/corpora/tokenize/learn"
	"github.com/luminavec/luminavec/internal/cli"
)

// phrasesJob is a command line of train phrases.
type phrasesJob struct {
	options    learn.PhraseOptions
	connectors string
	output     string
	force      bool
	words      tokenize.WordOptions
	cut        string // --tokenizer
	text       text.Selection
	lists      []string
	shard      string
}

func phrasesCommand() *cobra.Command {
	job := phrasesJob{options: learn.DefaultPhraseOptions(learn.Word2Phrase), cut: "words"}
	o := &job.options
	cmd := &cobra.Command{
		Use:   "phrases [CORPUS...] -o FILE [options]",
		Short: "Find words that occur together more often than by chance",
		Long: `
'train skipgram --phrases FILE' then learns one vector for each phrase: new_york. Pairs are
counted within a line. FILE has one phrase per line, the best first: its words, a tab, its
score, a tab, its count. Lines may be deleted, or added with the words alone.

With --shard, FILE holds all counts of a shard instead, and 'train phrases merge' finds the
phrases in those of all shards: the result is that of one pass over all text, byte for byte.`,
		Example: `
$ train phrases wiki.txt -o two.tsv
$ train phrases wiki.txt --phrases two.tsv -o three.tsv
$ train phrases wiki.txt --shard 1/2 -o counts-1.tsv
$ train phrases merge counts-1.tsv counts-2.tsv -o two.tsv
$ train skipgram wiki.txt --phrases two.tsv --phrases three.tsv -o model`,
		RunE: job.run,
	}
	cli.Declare(cmd, cli.Arguments, corpusArgument())
	cli.Declare(cmd, cli.ForInput, cli.TextFlags(&job.text)...)
	cli.Declare(cmd, cli.ForInput, cli.ShardFlag(&job.shard),
		cli.Flag{Name: "tokenizer", Arg: "NAME", Into: &job.cut, Field: "Tokenizer", Help: "how text is split into words", Values: []cli.Value{
			{Name: "words", Help: "at word boundaries of Unicode (UAX #29)"},
			{Name: "whitespace", Help: "at white space"}}},
		cli.Flag{Name: "cased", Into: &job.words.Cased, Field: "Cased", Help: "keep capital letters"}, cli.LocaleFlag(&job.words.Locale),
		cli.Flag{Name: "phrases", Arg: "FILE", Into: &job.lists, Help: "join these phrases first, to find phrases of phrases: new_york_times"})
	cmd.AddCommand(phrasesMergeCommand())
	cli.Declare(cmd, cli.ForTraining, scoreFlags(o)...)
	cli.Declare(cmd, cli.ForTraining,
		cli.Flag{Name: "connectors", Arg: "WORDS", Into: &job.connectors, Field: "Connectors",
			Help: "words that may occur inside a phrase and are not scored, such as \"of the\"; english stands for the common ones: bank_of_america"},
		cli.Flag{Name: "max-pairs", Arg: "N", Into: &o.MaxPairs, Field: "MaxPairs",
			Help: "pairs in memory, about 40 bytes each; beyond this the rarest are dropped"})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "FILE", Into: &job.output, Help: "file to write, or - for standard output", Ext: []string{"tsv"}},
		cli.Flag{Name: "force", Into: &job.force, Help: "replace FILE if it exists"},
		cli.JSONFlag())
}

// scoreFlags declare what makes pairs phrases.
func scoreFlags(o *learn.PhraseOptions) []cli.Flag {
	return []cli.Flag{
		{Name: "scorer", Arg: "NAME", Into: &o.Scorer, Field: "Scorer", Help: "score of a pair of words",
			Values: cli.Summarized(learn.PhraseScorers(), learn.PhraseScorer.Summary)},
		{Name: "threshold", Arg: "X", Into: &o.Threshold, Field: "Threshold", Help: "keep phrases with a higher score", Default: "100 for word2phrase, 0.5 for npmi"},
		{Name: "min-count", Arg: "N", Into: &o.MinCount, Field: "MinCount", Help: "skip phrases that occur less often"},
	}
}

func (j *phrasesJob) run(cmd *cobra.Command, args []string) error {
	o := &j.options
	if !cmd.Flags().Changed("threshold") {
		o.Threshold = o.Scorer.DefaultThreshold()
	}
	o.Connectors = strings.Fields(j.connectors)
	if j.connectors == "english" {
		o.Connectors = learn.EnglishConnectors
	}
	if err := o.Validate(); err != nil {
		return cli.UsageError(err)
	}
	if err := checkFile(cmd, j.output, "phrases.tsv"); err != nil {
		return err
	}
	j.words.Whitespace = j.cut == "whitespace"
	if err := j.words.Validate(); err != nil {
		return cli.UsageError(err)
	}
	var err error
	if o.Tokenizer, err = tokenize.NewWordTokenizer(j.words).WithPhraseFiles(j.lists...); err != nil {
		return err
	}
	source, err := openCorpus(args, j.text)
	if err != nil {
		return err
	}
	if j.shard != "" {
		return j.countShard(cmd, source)
	}
	out, err := cli.OpenOutput(cmd, cli.OutputOptions{Path: j.output, Force: j.force, Inputs: append(source.Names(), j.lists...)})
	if err != nil {
		return err
	}
	defer out.Abort()
	began := time.Now()
	found, err := findPhrases(cmd, source, *o)
	if err != nil {
		return err
	}
	size, err := found.Phrases.WriteTo(out)
	if err != nil {
		return err
	}
	if err := out.Commit(); err != nil {
		return err
	}
	if j.output == "-" {
		return nil
	}
	return printReport(cmd, newPhrasesReport(j, args, found, size, time.Since(began)))
}

// findPhrases counts the source, and warns of what was dropped.
func findPhrases(cmd *cobra.Command, source *text.Source, o learn.PhraseOptions) (*learn.FoundPhrases, error) {
	progress := cli.StartProgress(cmd, "counting")
	o.OnProgress = progress.Bytes
	found, err := learn.FindPhrases(cmd.Context(), source, o)
	progress.Done()
	cli.WarnInvalid(cmd, source)
	if err != nil {
		return nil, err
	}
	cli.NoteCutAgain(cmd, found.CutAgain)
	if found.Pruned > 0 {
		cli.Warn(cmd, "more than %s: dropped %s that occurred %s; rare phrases may be missing or undercounted; raise --max-pairs to keep more",
			cli.Plural(o.MaxPairs, "pair", "pairs"), cli.Thousands(found.Pruned), times(found.PrunedBelow))
	}
	return found, nil
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("up to %s times", cli.Thousands(n))
}

// phrasesReport is the report of train phrases.
type phrasesReport struct {
	Output        string             `json:"output"`
	Bytes         int64              `json:"bytes"`
	Scorer        string             `json:"scorer"`
	Threshold     float64            `json:"threshold"`
	MinCount      int64              `json:"min_count"`
	Phrases       int                `json:"phrases"`
	Words         int64              `json:"words"`
	DistinctWords int                `json:"distinct_words"` // without connectors
	DistinctPairs int                `json:"distinct_pairs"` // in memory at the end
	Pruned        int64              `json:"pruned"`         // pairs dropped for lack of memory
	Seconds       float64            `json:"seconds"`
	Best          []phraseShown      `json:"best"`
	CutAgain      *tokenize.CutAgain `json:"cut_again,omitempty"` // text that is split into words already
	Next          []string           `json:"next"`
}

type phraseShown struct {
	Phrase string  `json:"phrase"`
	Score  float64 `json:"score"`
	Count  int64   `json:"count"`
}

// shownPhrases is how many of the best the report shows.
const shownPhrases = 10

func newPhrasesReport(j *phrasesJob, corpus []string, f *learn.FoundPhrases, size int64, took time.Duration) *phrasesReport {
	r := &phrasesReport{
		Output: j.output, Bytes: size, Scorer: string(j.options.Scorer), Threshold: j.options.Threshold, MinCount: j.options.MinCount,
		Phrases: len(f.Phrases.List), Words: f.Words, DistinctWords: f.DistinctWords, DistinctPairs: f.DistinctPairs,
		Pruned: f.Pruned, Seconds: took.Seconds(), CutAgain: f.CutAgain,
	}
	for _, p := range f.Phrases.List[:min(shownPhrases, len(f.Phrases.List))] {
		r.Best = append(r.Best, phraseShown{p.Token(), p.Score, p.Count})
	}
	next := nextCommand(corpus, j.text)
	if j.words.Whitespace {
		next = append(next, "--tokenizer", j.cut)
	}
	if j.words.Cased {
		next = append(next, "--cased")
	}
	if j.words.Locale != "" {
		next = append(next, "--locale", j.words.Locale)
	}
	for _, name := range append(j.lists, j.output) {
		next = append(next, "--phrases", name)
	}
	r.Next = []string{cli.CommandLine("train", append(next, "-o", "model")...)}
	return r
}

func (r *phrasesReport) write(b *strings.Builder, _ int) {
	fmt.Fprintf(b, "found %s: score above %g by %s, count %s or more\n",
		cli.Plural(r.Phrases, "phrase", "phrases"), r.Threshold, r.Scorer, cli.Thousands(r.MinCount))
	fmt.Fprintf(b, "  among %s different pairs of %s words, in %s\n", cli.Count(float64(r.DistinctPairs)),
		cli.Count(float64(r.Words)), cli.Seconds(r.Seconds))
	fmt.Fprintf(b, "\nwrote %s, %s\n", cli.Printable(r.Output), cli.Bytes(r.Bytes))
	b.WriteString("\nbest\n")
	for _, p := range r.Best {
		fmt.Fprintf(b, "  %-40s %10.4g %8s\n", cli.Cut(cli.Printable(p.Phrase), 40), p.Score, cli.Thousands(p.Count))
	}
	writeNext(b, r.Next)
}
