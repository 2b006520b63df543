package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/corpora/tokenize/learn"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

const phrasesHelp = `Usage: train phrases [CORPUS...] -o FILE [options]

Find words that stand together more often than by chance, such as new york, so
that 'train skipgram --phrases FILE' gives them a vector of their own: new_york.

CORPUS is as in 'train skipgram --help'; pairs are counted inside a line. FILE
has a line a phrase, the best first: its words, a tab, its score, a tab, its
count. Lines may be deleted, or added with the words alone.

Options:
  -o, --output FILE      file to write, or - for standard output
      --force            replace FILE if it exists
      --scorer NAME      word2phrase: how many times more often than by chance,
                         rare pairs discounted; or npmi: from -1 to 1, 1 for
                         words that are never apart (default word2phrase)
      --threshold X      what the score must be above (default 100 for
                         word2phrase, 0.5 for npmi)
      --min-count N      leave out phrases that occur less often (default 5)
      --connectors WORDS words that may stand inside a phrase and are not
                         scored: "of the"; or english, for the common ones:
                         bank_of_america
      --phrases FILE     join these first, and find phrases of phrases:
                         new_york_times; may be given several times
      --field NAME, --column NAME, --tokenizer words|whitespace, --cased
                         as in 'train skipgram --help'
      --max-pairs N      pairs in memory at a time, some 40 bytes each; above it
                         the rarest are forgotten (default 33554432)
%s
Examples:
  $ train phrases wiki.txt -o two.tsv
  $ train phrases wiki.txt --phrases two.tsv -o three.tsv
  $ train skipgram wiki.txt --phrases two.tsv --phrases three.tsv -o model
`

// phrasesJob is a command line of train phrases.
type phrasesJob struct {
	options    learn.PhraseOptions
	scorer     string
	connectors string
	output     string
	force      bool
	words      tokenize.WordOptions
	cut        string // --tokenizer
	text       text.Selection
	lists      []string
}

func phrasesCommand() *cobra.Command {
	job := phrasesJob{options: learn.DefaultPhraseOptions(learn.Word2Phrase)}
	o := &job.options
	cmd := &cobra.Command{
		Use:   "phrases [CORPUS...] -o FILE",
		Short: "find words that belong together",
		Long:  fmt.Sprintf(phrasesHelp, cli.JSONHelp+cli.SharedHelp),
		RunE:  job.run,
	}
	f := cmd.Flags()
	f.StringVarP(&job.output, "output", "o", "", "")
	f.BoolVar(&job.force, "force", false, "")
	f.StringVar(&job.scorer, "scorer", string(o.Scorer), "")
	f.Float64Var(&o.Threshold, "threshold", o.Threshold, "")
	f.Int64Var(&o.MinCount, "min-count", o.MinCount, "")
	f.StringVar(&job.connectors, "connectors", "", "")
	f.StringArrayVar(&job.lists, "phrases", nil, "")
	f.StringVar(&job.text.Field, "field", "", "")
	f.StringVar(&job.text.Column, "column", "", "")
	f.StringVar(&job.cut, "tokenizer", "words", "")
	f.BoolVar(&job.words.Cased, "cased", false, "")
	f.IntVar(&o.MaxPairs, "max-pairs", o.MaxPairs, "")
	cli.AddJSON(cmd)
	return cmd
}

func (j *phrasesJob) run(cmd *cobra.Command, args []string) error {
	o := &j.options
	o.Scorer = learn.PhraseScorer(j.scorer)
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
	switch {
	case j.cut != "words" && j.cut != "whitespace":
		return cli.UsageError(fault.New("choose words or whitespace", "unknown tokenizer %q", j.cut))
	case len(args) == 0 && j.text != (text.Selection{}):
		return cli.UsageError(fault.New("name the files to read, or - for standard input", "--field and --column need a CORPUS"))
	case j.output == "":
		return cli.UsageError(fault.New("name the file to write: -o phrases.tsv", "no output was given"))
	case j.output == "-" && cli.JSON(cmd):
		return cli.UsageError(fault.New("write the phrases to a file: -o phrases.tsv", "the report and the phrases cannot both go to standard output"))
	}
	j.words.Whitespace = j.cut == "whitespace"
	var err error
	if o.Tokenizer, err = joinPhrases(tokenize.NewWordTokenizer(j.words), j.lists); err != nil {
		return err
	}
	source, err := openSource(args)
	if err != nil {
		return err
	}
	if err := source.Select(j.text); err != nil {
		return cli.UsageError(err)
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
	r := newPhrasesReport(j, args, found, size, time.Since(began))
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), r)
	}
	return r.writeText(cmd.OutOrStdout())
}

// joinPhrases adds the phrases of files to a tokenizer, each a pass.
func joinPhrases(t *tokenize.Tokenizer, files []string) (*tokenize.Tokenizer, error) {
	var lists []*tokenize.Phrases
	for _, name := range files {
		list, err := tokenize.OpenPhrases(name)
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	return t.WithPhrases(lists...)
}

// findPhrases counts the source, and says what had to be forgotten.
func findPhrases(cmd *cobra.Command, source *text.Source, o learn.PhraseOptions) (*learn.FoundPhrases, error) {
	progress := cli.StartProgress(cmd, "counting")
	o.OnProgress = func(done, size int64) {
		fraction := -1.0
		if size > 0 {
			fraction = float64(done) / float64(size)
		}
		progress.Update(fraction, cli.Bytes(done))
	}
	found, err := learn.FindPhrases(cmd.Context(), source, o)
	progress.Done()
	if err != nil {
		return nil, err
	}
	if s := source.Stats(); s.Invalid > 0 {
		cli.Warn(cmd, "%s of broken UTF-8 read as U+FFFD, first at %s", cli.Plural(s.Invalid, "byte", "bytes"), s.FirstInvalid)
	}
	if found.Pruned > 0 {
		cli.Warn(cmd, "more than %s: those seen %s were forgotten on the way, %s in all; rare phrases may be missing or counted low; --max-pairs takes more",
			cli.Plural(o.MaxPairs, "pair", "pairs"), times(found.PrunedBelow), cli.Thousands(found.Pruned))
	}
	return found, nil
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("up to %s times", cli.Thousands(n))
}

// phrasesReport is what train phrases has to show at its end.
type phrasesReport struct {
	Output        string        `json:"output"`
	Bytes         int64         `json:"bytes"`
	Scorer        string        `json:"scorer"`
	Threshold     float64       `json:"threshold"`
	MinCount      int64         `json:"min_count"`
	Phrases       int           `json:"phrases"`
	Words         int64         `json:"words"`
	DistinctWords int           `json:"distinct_words"` // connectors left out
	DistinctPairs int           `json:"distinct_pairs"` // in memory at the end
	Pruned        int64         `json:"pruned"`         // pairs forgotten on the way
	Seconds       float64       `json:"seconds"`
	Best          []phraseShown `json:"best"`
	Next          []string      `json:"next"`
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
		Output: j.output, Bytes: size, Scorer: j.scorer, Threshold: j.options.Threshold, MinCount: j.options.MinCount,
		Phrases: len(f.Phrases.List), Words: f.Words, DistinctWords: f.DistinctWords, DistinctPairs: f.DistinctPairs,
		Pruned: f.Pruned, Seconds: took.Seconds(),
	}
	for _, p := range f.Phrases.List[:min(shownPhrases, len(f.Phrases.List))] {
		r.Best = append(r.Best, phraseShown{p.Token(), p.Score, p.Count})
	}
	next := []string{"skipgram"}
	for _, name := range corpus {
		next = append(next, cli.PathArgument(name))
	}
	for _, flag := range [][2]string{{"--field", j.text.Field}, {"--column", j.text.Column}} {
		if flag[1] != "" {
			next = append(next, flag[:]...)
		}
	}
	if j.words.Whitespace {
		next = append(next, "--tokenizer", j.cut)
	}
	if j.words.Cased {
		next = append(next, "--cased")
	}
	for _, name := range append(j.lists, j.output) {
		next = append(next, "--phrases", name)
	}
	r.Next = []string{cli.CommandLine("train", append(next, "-o", "model")...)}
	return r
}

func (r *phrasesReport) writeText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "found %s: score above %g by %s, count %s or more\n",
		cli.Plural(r.Phrases, "phrase", "phrases"), r.Threshold, r.Scorer, cli.Thousands(r.MinCount))
	fmt.Fprintf(&b, "  among %s different pairs of %s words, in %s\n", cli.Count(float64(r.DistinctPairs)),
		cli.Count(float64(r.Words)), cli.Duration(time.Duration(r.Seconds*float64(time.Second))))
	fmt.Fprintf(&b, "\nwrote %s, %s\n", cli.Printable(r.Output), cli.Bytes(r.Bytes))
	b.WriteString("\nbest\n")
	for _, p := range r.Best {
		fmt.Fprintf(&b, "  %-40s %10.4g %8s\n", cli.Cut(cli.Printable(p.Phrase), 40), p.Score, cli.Thousands(p.Count))
	}
	b.WriteString("\nnext\n")
	for _, c := range r.Next {
		fmt.Fprintf(&b, "  %s\n", cli.Printable(c))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
