package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/cbow"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/skipgram"
)

// sampleEpochs is the default number of passes over the bundled sample, which
// is too small to be learnt from in five.
const sampleEpochs = 15

// trainer is skipgram.Train or cbow.Train.
type trainer func(context.Context, skipgram.Options, skipgram.Run) (*checkpoints.Checkpoint, error)

// trainers are the word trainers by the kind in config.json.
var trainers = map[string]trainer{"skipgram": skipgram.Train, "cbow": cbow.Train}

const wordsHelp = `Usage: train %[1]s [CORPUS...] -o MODEL [options]

Learn word vectors with %[2]s.

CORPUS is a text file, a folder, a glob or - for standard input; gzip, bzip2 and
zstd are recognised. Windows do not cross the end of a line, which may have any
length, nor the blank line between two documents. With --field it is JSON Lines,
with --column CSV or TSV. With no CORPUS the bundled sample of English Wikipedia
is used, with --epochs %[3]d by default.

Options:
  -o, --output MODEL     folder to write
      --force            replace MODEL if it exists; train even if memory or
                         disk seem too small
      --dim N            length of a vector (default 100)
      --window N         context words on each side, at most (default 5)
      --windows NAME     how much the words of a window count
                         weighted  the nearer the more: at distance d
                                   (window+1-d)/window (default)
                         drawn     those up to a reach that is drawn from 1 to
                                   --window, all alike, as in word2vec
                                   (default with hs%[11]s)
                         full      all alike
      --shrink-windows   as --windows drawn; =false as --windows full
%[6]s      --loss NAME        ns  negative sampling (default)
                         hs  hierarchical softmax: each word is a path in a
                             Huffman tree; no --negative, no --ns-exponent
      --negative N       negative samples, drawn once for a window (default 5)
      --ns-exponent X    negatives are drawn by count to the power X
                         (default 0.75)
      --char-ngrams N-M  a word's vector is the mean of one of its own and those
                         of its character n-grams of N to M letters, as in 3-6,
                         so that unknown words get a vector too (default: none)
      --buckets N        rows that the n-grams are hashed into, at most
                         (default 2000000)
      --subsample T      drop frequent words above this share of the text;
                         0 keeps all (default 0.0001)
      --min-count N      leave out words that occur less often (default 5)
      --max-vocab N      keep only the N most frequent words; 0 keeps all
                         (default 0)
      --epochs N         passes over the corpus (default 5)
      --lr X             learning rate at the start; it falls to zero (default
                         %[4]s; outside
                         weighted windows %[10]s)
      --field NAME       the text is this member of each line's JSON object: a
                         string or a list of strings; meta.title leads deeper
      --column NAME      the text is this column of CSV or TSV, by its name in
                         the header, or by its number in files without one
      --tokenizer NAME   words       as Unicode (UAX #29) cuts them (default)
                         whitespace  what stands between white space, with its
                                     punctuation
                         MODEL       as that model does, phrases included
                         FILE        the tokens of a tokenizer.json of Hugging
                                     Face (WordPiece, BPE, Unigram), or of a
                                     vocab.txt of BERT: all of them, with
                                     their own ids
      --cased            keep capital letters
      --cache DIR        keep the words there as ids: a later run on the same
                         files reads these, and a resumed one needs no text
      --phrases FILE     join the phrases of 'train phrases' to one word, as in
                         new_york; may be given several times, in their order
      --init FILE        begin with the vectors of these words: a model folder,
                         or what 'embed import --help' lists; --dim is then
                         theirs. Of a model of this kind the output vectors
                         are taken too
      --freeze-init      the vectors of --init do not change: new words learn
                         to fit them
      --vectors NAME     what is saved as the vector of a word
                         input  its input vector (default%[8]s)
                         sum    the sum of its input and output vectors%[9]s
      --shuffle          read the blocks of the text in another order in each
                         epoch; =false in that of the text (default true)
      --threads N        workers (default: all cores)
      --deterministic    the same model, byte for byte, at any number of
                         threads; without it, with --threads 1 only (default
                         false: faster with several threads)
      --seed N           seed of all random choices (default 1)
      --engine NAME      fused, or graph: gorgonia's stock operations, the same
                         objective some hundred times slower (default fused)
      --checkpoint-every DURATION
                         save MODEL this often while training, and at the end
                         of an epoch (default 5m)
%[7]s%[5]s
Ctrl-C saves MODEL; 'train resume MODEL' goes on from there.

Examples:
  $ train %[1]s -o model
  $ train %[1]s wiki.txt.gz --dim 300 --epochs 3 -o model
  $ zcat *.gz | train %[1]s - -o model
  $ train %[1]s wiki/ --char-ngrams 3-6 -o model
  $ train %[1]s wiki.txt --validate pairs.tsv --patience 3 -o model
  $ train %[1]s wiki.txt --init glove.6B.100d.txt -o model
  $ train %[1]s dump.jsonl --field text --cache ids --deterministic -o model
`

func skipgramCommand() *cobra.Command {
	return wordCommand("skipgram", "skip-gram", skipgram.DefaultOptions())
}

func cbowCommand() *cobra.Command {
	return wordCommand("cbow", "the continuous bag of words", cbow.DefaultOptions())
}

// cbowHelp are the options that only CBOW has.
const cbowHelp = `      --cbow-sum         add the context words instead of taking their mean
      --position-weights
                         learn how much each place in the window counts
`

// wordJob is a command line of train skipgram or train cbow.
type wordJob struct {
	kind    string
	options skipgram.Options
	engine  string
	output  string
	force   bool
	cased   bool
	cut     string // --tokenizer
	shrink  bool   // --shrink-windows
	vectors string // --vectors
	grams   string // --char-ngrams
	buckets int
	text    text.Selection
	cache   string
	phrases []string
	init    string
	every   time.Duration
	watch   watchFlags
}

func wordCommand(kind, method string, defaults skipgram.Options) *cobra.Command {
	job := wordJob{kind: kind, options: defaults}
	o := &job.options
	only, usual := "", [5]string{"", "", "0.05, from 10 epochs on 0.03", "0.025", ""}
	if kind == "cbow" {
		only, usual = cbowHelp, [5]string{" with hs,\n                                --char-ngrams or --freeze-init", "\n                                (default otherwise)",
			"0.035, from 10 epochs on 0.03", "0.05", " or --position-weights"}
	}
	cmd := &cobra.Command{
		Use:   kind + " [CORPUS...] -o MODEL",
		Short: "learn word vectors with " + method,
		Long: fmt.Sprintf(wordsHelp, kind, method, sampleEpochs, usual[2], cli.JSONHelp+cli.SharedHelp,
			only, watchHelp, usual[0], usual[1], usual[3], usual[4]),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && !cmd.Flags().Changed("epochs") {
				o.Epochs = sampleEpochs
			}
			return job.run(cmd, args)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&job.output, "output", "o", "", "")
	f.BoolVar(&job.force, "force", false, "")
	f.IntVar(&o.Dim, "dim", o.Dim, "")
	f.IntVar(&o.Window, "window", o.Window, "")
	f.StringVar(&o.Windows, "windows", o.Windows, "")
	f.BoolVar(&job.shrink, "shrink-windows", true, "")
	f.StringVar(&job.vectors, "vectors", "", "")
	f.BoolVar(&o.Shuffle, "shuffle", o.Shuffle, "")
	if only != "" {
		f.BoolVar(&o.CBOWSum, "cbow-sum", false, "")
		f.BoolVar(&o.PositionWeights, "position-weights", false, "")
	}
	f.StringVar(&o.Loss, "loss", training.LossNS, "")
	f.StringVar(&job.grams, "char-ngrams", "", "")
	f.IntVar(&job.buckets, "buckets", tokenize.DefaultNGramOptions().Buckets, "")
	f.IntVar(&o.Negative, "negative", o.Negative, "")
	f.Float64Var(&o.NoiseExponent, "ns-exponent", o.NoiseExponent, "")
	f.Float64Var(&o.Subsample, "subsample", o.Subsample, "")
	f.Int64Var(&o.MinCount, "min-count", o.MinCount, "")
	f.IntVar(&o.Epochs, "epochs", o.Epochs, "")
	f.Float64Var(&o.LearningRate, "lr", o.LearningRate, "")
	f.IntVar(&o.MaxVocabulary, "max-vocab", o.MaxVocabulary, "")
	f.StringVar(&job.text.Field, "field", "", "")
	f.StringVar(&job.text.Column, "column", "", "")
	f.StringVar(&job.cut, "tokenizer", "words", "")
	f.BoolVar(&job.cased, "cased", false, "")
	f.StringVar(&job.cache, "cache", "", "")
	f.StringArrayVar(&job.phrases, "phrases", nil, "")
	f.StringVar(&job.init, "init", "", "")
	f.BoolVar(&o.FreezeInit, "freeze-init", false, "")
	f.IntVar(&o.Threads, "threads", o.Threads, "")
	f.BoolVar(&o.Deterministic, "deterministic", false, "")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "")
	f.StringVar(&job.engine, "engine", string(o.Engine), "")
	f.DurationVar(&job.every, "checkpoint-every", 5*time.Minute, "")
	job.watch.add(cmd)
	cli.AddJSON(cmd)
	return cmd
}

func (j *wordJob) run(cmd *cobra.Command, args []string) error {
	j.options.Engine = training.Engine(j.engine)
	if j.options.Loss == training.LossNS { // which is what no name says
		j.options.Loss = ""
	}
	if err := j.charNGrams(cmd.Flags().Changed("buckets")); err != nil {
		return cli.UsageError(err)
	}
	if err := j.settle(cmd.Flags().Changed); err != nil {
		return cli.UsageError(err)
	}
	if err := j.options.Validate(); err != nil {
		return cli.UsageError(err)
	}
	if len(args) == 0 && j.text != (text.Selection{}) {
		return cli.UsageError(fault.New("name the files to read, or - for standard input", "--field and --column need a CORPUS"))
	}
	if err := checkOutput(j.output, j.every); err != nil {
		return err
	}
	if err := j.watch.check(cmd, nil); err != nil {
		return err
	}
	// An output that may not be written is told now, not after the training.
	if err := checkpoints.CheckOutput(j.output, checkpoints.WriteOptions{Replace: j.force}); err != nil {
		return err
	}
	if j.init == text.Stdin && slices.Contains(args, text.Stdin) {
		return cli.UsageError(fault.New("put one of them into a file", "standard input cannot be both the corpus and the vectors of --init"))
	}
	if sameFolder(j.cache, j.output) {
		return cli.UsageError(fault.New("give each a folder of its own", "the model and the cache cannot both be %s", j.output))
	}
	given, err := j.openInit(cmd)
	if err != nil {
		return err
	}
	if given != nil {
		defer given.Close()
	}
	tokenizer, err := j.tokenizer(cmd)
	if err != nil {
		return err
	}
	if j.options.NGrams.Max > 0 && tokenizer.Subwords() {
		return cli.UsageError(fault.New("leave one of them out", "--char-ngrams are of whole words, and the tokens of %s are parts of words", j.cut))
	}
	source, err := openSource(args)
	if err != nil {
		return err
	}
	if err := source.Select(j.text); err != nil {
		return cli.UsageError(err)
	}
	if err := notInside(j.output, append(source.Names(), j.init)); err != nil {
		return err
	}
	sets, err := readSets(j.watch.sets)
	if err != nil {
		return err
	}
	corpus, err := cachedCorpus(cmd, j.cache, source, corpora.BuildOptions{Tokenizer: tokenizer, MinCount: j.options.MinCount, MaxVocabulary: j.options.MaxVocabulary})
	if err != nil {
		return err
	}
	defer corpus.Close()
	validation, closeSets, err := j.watch.validation(cmd, sets, corpus, tokenizer, j.options)
	if err != nil {
		return err
	}
	defer closeSets()
	start, err := j.start(cmd, given, corpus.Vocabulary())
	if err != nil {
		return err
	}
	if err := checkNeeds(cmd, j.kind, j.options, corpus, j.output, 0, j.watch.keepsBest(), false, j.force); err != nil {
		return err
	}
	return train(cmd, trainers[j.kind], j.options, j.output, j.force, skipgram.Run{
		Corpus: corpus, Tokenizer: tokenizer, Sources: source.Names(), Selection: j.text, Cache: j.cache, SaveEvery: j.every,
		Validation: validation, Start: start,
	})
}

func checkOutput(output string, every time.Duration) error {
	if output == "" {
		return cli.UsageError(fault.New("name the folder to write: -o model", "no output was given"))
	}
	if every <= 0 {
		return cli.UsageError(fault.New("give a time such as 30s, 5m or 2h", "checkpoint-every is %s", every))
	}
	return nil
}
