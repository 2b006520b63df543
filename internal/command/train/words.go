package train

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
	"github.com/luminavec/luminavec/sentence"
)

// sampleEpochs is the default number of passes over the bundled sample, which
// is too small to learn from in five.
const sampleEpochs = 15

// wordJob is a command line of a word objective.
type wordJob struct {
	target
	kind    words.Kind
	options words.Options
	words   tokenize.WordOptions
	split   string // --tokenizer
	shrink  bool   // --shrink-windows
	vectors string // --vectors
	grams   string // --char-ngrams
	buckets int
	text    text.Selection
	cache   string
	phrases []string
	init    string
	format  string // --vectors-format
	part    partFlags
}

func wordCommand(kind words.Kind) *cobra.Command {
	j := &wordJob{kind: kind, options: kind.Defaults(), split: "words", buckets: tokenize.DefaultNGramOptions().Buckets}
	o, rates := &j.options, kind.Rates
	o.Loss, o.Threads, o.Subsample = words.LossNS, 0, 0 // settled later
	name, drawn, vectors := kind.Name(), "weighted; drawn with hs", "input"
	if kind.Objective.PerWindow {
		drawn += " or --position-weights"
	}
	if o.SumVectors {
		vectors = "sum; input with hs, --char-ngrams or --freeze-init"
	}
	cmd := &cobra.Command{
		Use:   name + " [CORPUS...] -o MODEL [options]",
		Short: "Train word vectors with " + kind.Title,
		Long: fmt.Sprintf(`
Windows do not cross the end of a line, which may have any length. The bundled sample is
trained for %d epochs by default.

Ctrl-C saves MODEL; 'train resume MODEL' continues from there.`, sampleEpochs),
		Example: fmt.Sprintf(`
$ train %[1]s -o model
$ train %[1]s wiki.txt.gz --dim 300 --epochs 3 -o model
$ zcat *.gz | train %[1]s - -o model
$ train %[1]s wiki/ --char-ngrams 3-6 -o model
$ train %[1]s wiki.txt --validate pairs.tsv --patience 3 -o model
$ train %[1]s wiki.txt --init glove.6B.100d.txt -o model
$ train %[1]s dump.jsonl --field text --cache ids --deterministic -o model
$ train %[1]s wiki.txt --vocab vocab.tsv --shard 2/8 --round 1/5 -o part2`, name),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && !cmd.Flags().Changed("epochs") {
				o.Epochs = sampleEpochs
			}
			return j.run(cmd, args)
		},
	}
	cli.Declare(cmd, cli.Arguments, corpusArgument())
	cli.Declare(cmd, cli.ForInput, cli.TextFlags(&j.text)...)
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "tokenizer", Arg: "NAME", Into: &j.split, Field: "Tokenizer", Open: true, Help: "how text is split into words", Values: []cli.Value{
			{Name: "words", Help: "at word boundaries of Unicode (UAX #29)"},
			{Name: "whitespace", Help: "at white space, which keeps punctuation"},
			{Name: "MODEL", Help: "as that model does, phrases included"},
			{Name: "FILE", Help: "into the tokens of a tokenizer.json of Hugging Face (WordPiece, BPE, Unigram) or a vocab.txt of BERT, with their ids"}}},
		cli.Flag{Name: "cased", Into: &j.words.Cased, Field: "Cased", Help: "keep capital letters"}, cli.LocaleFlag(&j.words.Locale),
		cli.Flag{Name: "phrases", Arg: "FILE", Into: &j.phrases, Field: "Phrases", Help: "join the phrases of 'train phrases' into single words, as in new_york, in the order of the files", Ext: []string{"tsv"}},
		cli.Flag{Name: "min-count", Arg: "N", Into: &o.MinCount, Field: "MinCount", Help: "ignore words that occur less often"},
		cli.Flag{Name: "max-vocab", Arg: "N", Into: &o.MaxVocabulary, Field: "MaxVocabulary", Help: "keep only the N most frequent words; 0 keeps all"},
		cli.Flag{Name: "subsample", Arg: "T", Into: &o.Subsample, Field: "Subsample", Help: "randomly drop words that make up more than this share of the text; 0 keeps all", Default: "1e-4, or the first of 1e-3, 1e-2 and 0.1 that keeps a third of the text"},
		cli.Flag{Name: "vocab", Arg: "FILE", Into: &j.part.vocab, Field: "Vocabulary", Help: "use the words and counts of 'train vocab', or of the vocab.tsv of a model, instead of counting the text", Ext: []string{"tsv"}},
		cli.Flag{Name: "cache", Arg: "DIR", Into: &j.cache, Field: "Cache", Help: "cache the words as ids in DIR: later runs on the same files read these, and resuming does not need the text"})
	cli.Declare(cmd, cli.ForModel,
		cli.Flag{Name: "dim", Arg: "N", Into: &o.Dim, Field: "Dim", Help: "length of a vector"},
		cli.Flag{Name: "vectors", Arg: "NAME", Into: &j.vectors, Field: "SumVectors", Help: "what is saved as the vector of a word", Default: vectors, Values: []cli.Value{
			{Name: "input", Help: "its input vector"}, {Name: "sum", Help: "the sum of its input and output vectors"}}},
		cli.Flag{Name: "char-ngrams", Arg: "N-M", Into: &j.grams, Field: "NGrams",
			Help: "also learn vectors of character n-grams of N to M characters, as in 3-6: a word's vector is the mean of its own and those of its n-grams, and unknown words have vectors too", Default: "none"},
		cli.Flag{Name: "buckets", Arg: "N", Into: &j.buckets, Field: "Buckets", Help: "number of buckets that the n-grams are hashed into"},
		cli.Flag{Name: "init", Arg: "FILE", Into: &j.init, Field: "Start",
			Help: "start from these vectors, which determine --dim: a model folder, or a file in a format that 'embed import --help' lists; output vectors are reused if the model type matches"},
		cli.VectorsFormatFlag(&j.format),
		cli.Flag{Name: "freeze-init", Into: &o.FreezeInit, Field: "FreezeInit", Help: "keep the vectors of --init fixed; only those of other words are trained"})
	cli.Declare(cmd, "Objective",
		cli.Flag{Name: "loss", Arg: "NAME", Into: &o.Loss, Field: "Loss", Help: "how a word is predicted", Values: cli.Summarized(words.Losses(), words.LossSummary)},
		cli.Flag{Name: "negative", Arg: "N", Into: &o.Negative, Field: "Negative", Help: "negative samples per window, with --loss ns"},
		cli.Flag{Name: "ns-exponent", Arg: "X", Into: &o.NoiseExponent, Field: "NoiseExponent", Help: "draw negatives in proportion to count^X, with --loss ns"},
		cli.Flag{Name: "window", Arg: "N", Into: &o.Window, Field: "Window", Help: "maximum number of context words on each side"},
		cli.Flag{Name: "windows", Arg: "NAME", Into: &o.Windows, Field: "Windows", Help: "how the words of a window are weighted", Default: drawn,
			Values: cli.Summarized(words.WindowForms(), words.WindowSummary)},
		cli.Flag{Name: "shrink-windows", Into: &j.shrink, Field: "Windows", Help: "same as --windows drawn; --shrink-windows=false is --windows full"})
	if kind.Objective.PerWindow {
		cli.Declare(cmd, "Objective",
			cli.Flag{Name: "cbow-sum", Into: &o.CBOWSum, Field: "CBOWSum", Help: "add the context words instead of taking their mean"},
			cli.Flag{Name: "position-weights", Into: &o.PositionWeights, Field: "PositionWeights", Help: "learn how much each place in the window counts"})
	}
	cli.Declare(cmd, cli.ForTraining,
		cli.Flag{Name: "epochs", Arg: "N", Into: &o.Epochs, Field: "Epochs", Help: "passes over the corpus"},
		cli.Flag{Name: "lr", Arg: "X", Into: &o.LearningRate, Field: "LearningRate", Help: "initial learning rate; it falls to zero; rates above 0.1, or 0.05 with large windows or many negatives, are applied in several smaller steps, which takes longer",
			Default: fmt.Sprintf("%g; %g from %d epochs on; %g unless windows are weighted", rates.Weighted, rates.Many, words.ManyEpochs, rates.Other)},
		cli.Flag{Name: "shuffle", Into: &o.Shuffle, Field: "Shuffle", Help: "read the blocks of the text in a different order in each epoch"},
		cli.Flag{Name: "threads", Arg: "N", Into: &o.Threads, Field: "Threads", Help: "number of threads", Default: "all cores"},
		cli.Flag{Name: "deterministic", Into: &o.Deterministic, Field: "Deterministic", Help: "train the same model, byte for byte, at any number of threads; slower with several"},
		cli.Flag{Name: "seed", Arg: "N", Into: &o.Seed, Field: "Seed", Help: "seed of all random choices"},
		cli.Flag{Name: "engine", Arg: "NAME", Into: &o.Engine, Field: "Engine", Help: "how gradients are computed", Values: cli.Summarized(training.Engines(), training.Engine.Summary)})
	cli.OnlyImport(cmd)
	j.part.declare(cmd)
	j.watch.declareWords(cmd)
	return j.declare(cmd)
}

// settle checks the command line, and sets what follows from it.
func (j *wordJob) settle(cmd *cobra.Command, args []string) (err error) {
	o, given := &j.options, cmd.Flags().Changed
	switch {
	case j.grams == "" && given("buckets"):
		return fault.New("add --char-ngrams 3-6", "--buckets requires --char-ngrams")
	case given("windows") && given("shrink-windows"):
		return fault.New("leave out one of them", "--windows and --shrink-windows set the same option")
	case j.init == text.Stdin && slices.Contains(args, text.Stdin):
		return fault.New("write one of them to a file", "standard input cannot be both the corpus and the vectors of --init")
	case given("shrink-windows") && j.shrink:
		o.Windows = words.WindowsDrawn
	case given("shrink-windows"):
		o.Windows = words.WindowsFull
	}
	if j.grams != "" {
		if o.NGrams, err = tokenize.ParseNGrams(j.grams, j.buckets); err != nil {
			return err
		}
	}
	if j.vectors != "" {
		o.SumVectors = j.vectors == "sum"
	}
	if err := j.kind.Settle(o, cli.Given(cmd)...); err != nil {
		return err
	}
	if err := j.part.settle(cmd, len(j.watch.sets) > 0); err != nil {
		return err
	}
	if j.part.vocab != "" {
		for _, flag := range []string{"min-count", "max-vocab"} {
			if given(flag) {
				return fault.New("give it to 'train vocab'", "--%s cannot be used with --vocab, which determines the words", flag)
			}
		}
	} else if j.part.shard != "" {
		return fault.New("count the whole text first: train vocab CORPUS -o vocab.tsv", "--shard requires --vocab: all shards must have the words and the counts of the whole text")
	}
	return cached(cmd, j.cache).CheckApart(j.output)
}

func (j *wordJob) run(cmd *cobra.Command, args []string) error {
	if err := j.settle(cmd, args); err != nil {
		return cli.UsageError(err)
	}
	if err := j.check(cmd); err != nil {
		return err
	}
	given, err := words.OpenStart(cmd.Context(), j.init, j.format, &j.options, cli.Given(cmd)...)
	if err != nil {
		return err
	}
	if given != nil {
		defer given.Close()
	}
	tokenizer, err := words.OpenTokenizer(j.split, j.words, j.options, cli.Given(cmd)...)
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
	if err := corpora.CheckOutside(j.output, append(source.Names(), j.init)); err != nil {
		return err
	}
	sets, err := j.watch.read.Read(j.watch.sets...)
	if err != nil {
		return err
	}
	build := corpora.BuildOptions{Tokenizer: tokenizer, MinCount: j.options.MinCount, MaxVocabulary: j.options.MaxVocabulary}
	if j.part.vocab != "" {
		if build.Vocabulary, err = corpora.OpenVocabulary(j.part.vocab, tokenizer); err != nil {
			return missing(err)
		}
	}
	var model *checkpoints.Checkpoint
	if given != nil {
		model = given.Model
	}
	part, parent, err := j.part.open(cmd, source, j.init, model)
	if err != nil {
		return err
	}
	corpus, err := cached(cmd, j.cache).Corpus(cmd.Context(), source, build)
	if err != nil {
		return err
	}
	defer corpus.Close()
	var start *words.Start
	if given != nil && parent == nil {
		given.Options.Tokenizer = tokenizer
		if start, err = words.NewStart(cmd.Context(), given, corpus.Vocabulary(), j.kind.Name(), j.options); err != nil {
			return err
		}
		noteStart(cmd, start.Found(), corpus.Vocabulary().Len(), "word", j.init, given.Format, start.Out != nil)
		if m := given.Model; m != nil {
			if rows, err := sentence.WordVectors(m); err != nil || rows != m {
				cli.Note(cmd, "only the table of %s is used, without its layers and token weights", j.init)
			}
			noteNGrams(cmd, j.init, m.NGrams != nil)
		}
		if start.Freeze && start.Found() == corpus.Vocabulary().Len() {
			cli.Warn(cmd, "with --freeze-init no vector will change: every word has an initial vector")
		}
	}
	done := 0.0
	if part != nil {
		done = 1 - 1/float64(part.Rounds)
	}
	if err := j.checkNeeds(cmd, j.kind, j.options, corpus, done, len(sets), false); err != nil {
		return err
	}
	if part != nil {
		noteRound(cmd, *part, j.options.Epochs, func(progress float64) float64 { return words.Rate(&j.options, progress) })
	}
	return j.trainWords(cmd, j.kind, j.options, sets, words.Run{
		Corpus: corpus, Tokenizer: tokenizer, Sources: source.Names(), Selection: j.text, Cache: j.cache, Start: start, Part: part, Parent: parent,
	})
}

// noteNGrams notes that n-grams of initial vectors are not used.
func noteNGrams(cmd *cobra.Command, path string, any bool) {
	if any {
		cli.Note(cmd, "the character n-grams of %s are not used", path)
	}
}

// noteStart reports how many words or tokens start from given vectors.
func noteStart(cmd *cobra.Command, found, of int, unit, path, format string, output bool) {
	also := ""
	if output {
		also = ", output vectors included"
	}
	cli.Note(cmd, "%s of %s start from the vectors of %s (%s, %.1f%%)%s", cli.Thousands(found), cli.Plural(of, unit, unit+"s"),
		path, format, 100*float64(found)/float64(of), also)
}
