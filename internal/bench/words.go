package main

import (
	"math"

	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	_ "github.com/luminavec/luminavec/cbow" // registers itself
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/words"
	_ "github.com/luminavec/luminavec/skipgram"
)

// wordsBench holds the command line of bench words.
type wordsBench struct {
	corpus  []string
	sets    []string
	output  string
	threads []int
	seeds   int
	peers   bool
	only    []string
	more    bool // append to output
	options words.Options
}

func wordsCommand() *cobra.Command {
	b := wordsBench{options: wordsOptions()}
	o := &b.options
	o.Epochs = 3
	cmd := &cobra.Command{
		Use:   "words [options]",
		Short: "Measure the word trainers",
		Long: `
It trains the main variants of the word models with each number of threads and writes
a table of speed and quality. Speed is vocabulary words per second, before
subsampling, over the training alone; quality is Spearman's correlation on word
pairs and accuracy on Google's analogies among the 30,000 most frequent words.

With --peers, gensim (python3 -c 'import gensim') and fasttext, if they are
installed, train on the same words with the same settings on one thread.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.run(cmd) },
	}
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "corpus", Arg: "FILE", Into: &b.corpus, Help: "text to train on", Default: "the bundled sample"},
		cli.Flag{Name: "set", Arg: "FILE", Into: &b.sets, Help: "word pairs for evaluation besides WordSim-353"})
	cli.Declare(cmd, cli.ForTraining,
		cli.Flag{Name: "epochs", Arg: "N", Into: &o.Epochs, Field: "Epochs", Help: "passes over the corpus"},
		cli.Flag{Name: "dim", Arg: "N", Into: &o.Dim, Field: "Dim", Help: "length of a vector"})
	cli.Declare(cmd, "Measurement", measureFlags(&b.threads, &b.seeds, &b.peers, &b.only,
		"skipgram, cbow, deterministic, drawn (word2vec's windows and learning rates), hs, ngrams; peers: gensim, fasttext, fasttext-ngrams")...)
	return cli.Declare(cmd, cli.ForOutput, outputFlags(&b.output, &b.more)...)
}

// measureFlags declare what is measured.
func measureFlags(threads *[]int, seeds *int, peers *bool, only *[]string, rows string) []cli.Flag {
	*threads, *seeds = []int{1, 2}, 1
	return []cli.Flag{
		{Name: "threads", Arg: "N,N", Into: threads, Help: "numbers of threads to measure", Positive: true},
		{Name: "seeds", Arg: "N", Into: seeds, Help: "runs of each variant, with seeds 1 to N; the table shows the mean and the spread", Positive: true},
		{Name: "peers", Into: peers, Help: "also measure installed peers"},
		{Name: "only", Arg: "NAME,NAME", Into: only, Help: "measure only these rows: " + rows},
	}
}

// outputFlags declare where the table goes.
func outputFlags(output *string, more *bool) []cli.Flag {
	return []cli.Flag{
		{Name: "output", Short: "o", Arg: "FILE", Into: output, Help: "Markdown file to write", Default: "standard output"},
		{Name: "append", Into: more, Help: "append the table to FILE"},
	}
}

// wanted reports whether a row is to be measured: all are, or those of --only.
func wanted(only []string, name string) bool {
	return len(only) == 0 || slices.Contains(strings.Split(strings.Join(only, ","), ","), name)
}

// form is a variant of training to measure.
type form struct {
	name   string // name for --only
	system string // name in the table
	cbow   bool
	set    func(*words.Options)
	many   bool // measured with several threads only
	single bool // measured with one thread only
}

// forms returns the variants to measure: the ones named by --only, or all.
func (b *wordsBench) forms() []form {
	drawn := func(o *words.Options) {
		o.Windows, o.Shuffle, o.SumVectors, o.LearningRate = "drawn", false, false, 0
	}
	all := []form{
		{name: "skipgram", system: "LuminaVec skip-gram"},
		{name: "deterministic", system: "LuminaVec skip-gram, deterministic", many: true, set: func(o *words.Options) { o.Deterministic = true }},
		{name: "drawn", system: "LuminaVec skip-gram, word2vec's windows", single: true, set: drawn},
		{name: "hs", system: "LuminaVec skip-gram, hierarchical softmax", single: true, set: func(o *words.Options) { drawn(o); o.Loss = "hs" }},
		{name: "ngrams", system: "LuminaVec skip-gram, n-grams 3-6", set: func(o *words.Options) { o.NGrams = tokenize.DefaultNGramOptions() }},
		{name: "cbow", system: "LuminaVec CBOW", cbow: true},
		{name: "deterministic", system: "LuminaVec CBOW, deterministic", cbow: true, many: true, set: func(o *words.Options) { o.Deterministic = true }},
		{name: "drawn", system: "LuminaVec CBOW, word2vec's windows", cbow: true, single: true, set: drawn},
	}
	return slices.DeleteFunc(all, func(f form) bool { return !b.wants(f.name) })
}

func (b *wordsBench) wants(name string) bool {
	return wanted(b.only, name)
}

// kind returns the word objective of the form.
func (f form) kind() words.Kind {
	name := "skipgram"
	if f.cbow {
		name = "cbow"
	}
	k, _ := words.Lookup(name)
	return k
}

// optionsOf returns the options of a form.
func (b *wordsBench) optionsOf(f form, threads, seed int) words.Options {
	kind := f.kind()
	o := kind.Defaults()
	o.Dim, o.Epochs, o.Threads, o.Seed = b.options.Dim, b.options.Epochs, threads, uint64(seed)
	if f.set != nil {
		f.set(&o)
	}
	o.LearningRate = kind.Rates.Usual(&o)
	return o
}

func (b *wordsBench) run(cmd *cobra.Command) error {
	if err := b.options.Validate(); err != nil {
		return cli.UsageError(err)
	}
	ctx := cmd.Context()
	source := text.Sample()
	if len(b.corpus) > 0 {
		var err error
		if source, err = text.Open(b.corpus...); err != nil {
			return err
		}
	}
	evalSets := []*sets.WordPairs{sets.WordSim353()}
	for _, path := range b.sets {
		s, err := sets.ReadWordPairs(ctx, path)
		if err != nil {
			return err
		}
		evalSets = append(evalSets, s)
	}
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	began := time.Now()
	corpus, err := corpora.Build(ctx, source, corpora.BuildOptions{Tokenizer: tokenizer, MinCount: b.options.MinCount})
	if err != nil {
		return err
	}
	defer corpus.Close()
	reading := time.Since(began)
	judge := func(v *evaluate.WordVectors) ([]float64, error) {
		var q []float64
		for _, s := range evalSets {
			q = append(q, evaluate.Words(v, s).Spearman)
		}
		a, err := evaluate.AnalogyReport(ctx, v, sets.GoogleAnalogies(), evaluate.AnalogyOptions{})
		if err != nil {
			return nil, err
		}
		return append(q, a.Accuracy), nil
	}

	var rows []row
	for _, f := range b.forms() {
		for _, threads := range b.threads {
			if threads == 1 && f.many || threads > 1 && f.single {
				continue
			}
			r := row{system: f.system, threads: threads}
			for seed := range b.seeds {
				cli.Note(cmd, "%s, %s, seed %d", r.system, cli.Plural(threads, "thread", "threads"), seed+1)
				o := b.optionsOf(f, threads, seed+1)
				began := time.Now()
				c, err := f.kind().Train(ctx, o, words.Run{Corpus: corpus, Tokenizer: tokenizer})
				if err != nil {
					return err
				}
				r.add(time.Since(began).Seconds(), float64(corpus.Words())*float64(o.Epochs), c.Config.Progress.Loss)
				q, err := judge(evaluate.NewWordVectors(c))
				if err != nil {
					return err
				}
				r.quality = append(r.quality, q)
			}
			rows = append(rows, r)
		}
	}
	if b.peers {
		more, err := b.runPeers(cmd, source, tokenizer, corpus, judge)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}

	var text strings.Builder
	b.writeHead(&text, cmd.Flags(), textStats{
		bytes: source.Stats().Bytes, raw: corpus.RawWords(), words: corpus.Words(),
		vocabulary: corpus.Vocabulary().Len(), reading: reading,
	})
	names := make([]string, len(evalSets))
	for i, s := range evalSets {
		names[i] = s.Name
	}
	writeWordRows(&text, names, rows)
	return writeReport(cmd.OutOrStdout(), b.output, b.more, text.String())
}

// wordsOptions returns the default options, but with a fixed threshold of subsampling, which is
// the same for all systems.
func wordsOptions() words.Options {
	o := words.DefaultOptions()
	o.Subsample = math.Abs(o.Subsample)
	return o
}
