package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	_ "github.com/luminavec/luminavec/cbow" // registers itself
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/words"
	_ "github.com/luminavec/luminavec/skipgram"
)

// wordsBench is a command line of bench words.
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
	b := wordsBench{options: words.DefaultOptions()}
	o := &b.options
	o.Epochs = 3
	cmd := &cobra.Command{
		Use:   "words",
		Short: "measure the word trainers",
		Long: `Usage: bench words [OPTIONS]

Train the word trainers in their main forms at each number of threads and write a
table of speed and quality. Speed is words of the vocabulary a second, before
subsampling, over the training alone; quality is Spearman's correlation on word
pairs and accuracy on Google's analogies among the 30,000 most frequent words.

With --peers, gensim (python3 -c 'import gensim') and fasttext, where they are
installed, train on the same words with the same settings, one thread.

Options:
      --corpus FILE      text to train on (default: the bundled sample)
      --set FILE         word pairs to judge by, beside WordSim-353; repeatable
  -o, --output FILE      Markdown file to write (default: standard output)
      --threads N,N      numbers of threads to measure (default 1,2)
      --seeds N          runs of each, with seeds 1 to N; the mean is shown with
                         the spread (default 1)
      --epochs N         passes over the corpus (default 3)
      --dim N            length of a vector (default 100)
      --peers            measure peers that are installed as well
      --only NAME,NAME   these rows only: skipgram, cbow, deterministic, drawn
                         (word2vec's windows and learning rates), hs, ngrams;
                         peers: gensim, fasttext, fasttext-ngrams
      --append           add the table to the end of the output file
` + cli.SharedHelp,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.run(cmd) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&b.corpus, "corpus", nil, "")
	f.StringSliceVar(&b.sets, "set", nil, "")
	f.StringVarP(&b.output, "output", "o", "", "")
	f.IntSliceVar(&b.threads, "threads", []int{1, 2}, "")
	f.IntVar(&b.seeds, "seeds", 1, "")
	f.IntVar(&o.Epochs, "epochs", o.Epochs, "")
	f.IntVar(&o.Dim, "dim", o.Dim, "")
	f.BoolVar(&b.peers, "peers", false, "")
	f.StringSliceVar(&b.only, "only", nil, "")
	f.BoolVar(&b.more, "append", false, "")
	return cmd
}

// form is a way to train that is measured.
type form struct {
	name   string // for --only
	system string // as the table names it
	cbow   bool
	set    func(*words.Options)
	many   bool // measured with several threads only
	single bool // measured with one thread only
}

// forms are what is measured, unless --only leaves it out.
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
	return len(b.only) == 0 || slices.Contains(b.only, name)
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

// row is a line of the table: one system, measured once for each seed.
type row struct {
	system  string
	threads int
	seconds []float64
	speed   []float64 // words a second, all threads
	loss    []float64
	quality [][]float64 // for each seed: each set, then the analogies
}

func (b *wordsBench) run(cmd *cobra.Command) error {
	if b.seeds < 1 {
		return cli.UsageError(fault.New("1 is enough for speed, 3 show the spread of quality", "seeds is %d", b.seeds))
	}
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
		s, err := sets.ReadWordPairs(path)
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
				r.add(time.Since(began), float64(corpus.Words())*float64(o.Epochs), c.Config.Progress.Loss)
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
	b.writeHead(&text, cmd.Flags(), source, corpus, reading)
	writeRows(&text, evalSets, rows)
	if b.output == "" {
		_, err := fmt.Fprint(cmd.OutOrStdout(), text.String())
		return err
	}
	if b.more {
		before, err := os.ReadFile(b.output)
		if err != nil {
			return err
		}
		return os.WriteFile(b.output, append(append(before, '\n'), text.String()...), 0o644)
	}
	return os.WriteFile(b.output, []byte("# Benchmarks\n\n"+text.String()), 0o644)
}

func (r *row) add(d time.Duration, words, loss float64) {
	r.seconds = append(r.seconds, d.Seconds())
	r.speed = append(r.speed, words/d.Seconds())
	r.loss = append(r.loss, loss)
}

func (b *wordsBench) writeHead(w *strings.Builder, given *pflag.FlagSet, source *text.Source, corpus *corpora.Corpus, reading time.Duration) {
	args := []string{"go run ./internal/bench words"}
	for _, c := range b.corpus {
		args = append(args, "--corpus "+filepath.Base(c))
	}
	for _, s := range b.sets {
		args = append(args, "--set "+filepath.Base(s))
	}
	given.Visit(func(f *pflag.Flag) {
		if f.Name == "threads" || f.Name == "seeds" || f.Name == "epochs" || f.Name == "dim" || f.Name == "only" {
			args = append(args, fmt.Sprintf("--%s %s", f.Name, strings.Trim(f.Value.String(), "[]")))
		}
	})
	if b.peers {
		args = append(args, "--peers")
	}
	o := b.options
	s := source.Stats()
	fmt.Fprintf(w, "## Word vectors: %s, %d dimensions, %s\n\nMade by `%s`.\n\n", cli.Bytes(s.Bytes), o.Dim, cli.Plural(o.Epochs, "epoch", "epochs"), strings.Join(args, " "))
	fmt.Fprintf(w, "- Host: %s.\n- Commit: %s. Kernels: %s.\n", host(), commit(), kernel.Level())
	fmt.Fprintf(w, "- Text: %s, %s words, %s in a vocabulary of %s (minimum count %d). Read, tokenised and counted in %.1f s: %.0f MB/s.\n",
		cli.Bytes(s.Bytes), cli.Count(float64(corpus.RawWords())), cli.Count(float64(corpus.Words())),
		cli.Thousands(corpus.Vocabulary().Len()), o.MinCount, reading.Seconds(), float64(s.Bytes)/1e6/reading.Seconds())
	fmt.Fprintf(w, "- Settings: %d dimensions, window %d, %d negatives, subsampling %g, %d epochs; learning rate %g (CBOW %g), in word2vec's windows and of the peers 0.025 (CBOW 0.05, n-grams 0.05).\n",
		o.Dim, o.Window, o.Negative, o.Subsample, o.Epochs, form{}.kind().Rates.Usual(&o), form{cbow: true}.kind().Rates.Usual(&o))
	fmt.Fprintf(w, "- Speed: thousands of vocabulary words a second, before subsampling, over the training alone.\n")
	fmt.Fprintf(w, "- Quality: Spearman's correlation on word pairs; accuracy on Google's analogies among the 30,000 most frequent words.\n")
	if b.seeds > 1 {
		fmt.Fprintf(w, "- Mean of %d seeds, ± half the range.\n", b.seeds)
	}
	fmt.Fprintf(w, "\nThe machine is shared and noisy: compare within this table, not with tables of other runs.\n\n")
}

func writeRows(w *strings.Builder, sets []*sets.WordPairs, rows []row) {
	head := []string{"system", "threads", "seconds", "speed", "per thread", "loss"}
	for _, s := range sets {
		head = append(head, s.Name)
	}
	head = append(head, "analogies")
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, r := range rows {
		cells := []string{r.system, fmt.Sprint(r.threads), spread(r.seconds, 1, 1), spread(r.speed, 1e-3, 0),
			spread(r.speed, 1e-3/float64(r.threads), 0), spread(r.loss, 1, 4)}
		for i := range r.quality[0] {
			var q []float64
			for _, seed := range r.quality {
				q = append(q, seed[i])
			}
			cells = append(cells, spread(q, 1, 3))
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
}

// spread writes the mean of values times scale, and half their range where
// there is more than one; a dash where there is none.
func spread(values []float64, scale float64, digits int) string {
	if len(values) == 0 {
		return "–"
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	mean := fmt.Sprintf("%.*f", digits, scale*sum/float64(len(values)))
	if len(values) == 1 {
		return mean
	}
	return fmt.Sprintf("%s ± %.*f", mean, digits, scale*(slices.Max(values)-slices.Min(values))/2)
}
