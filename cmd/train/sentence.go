package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/sentence"
)

const sentenceHelp = `Usage: train sentence [PAIRS...] -o MODEL [options]

Learn an encoder of sentences from pairs of texts that belong together:
tokens, a row of a table for each, their weighted mean, and the layers between
that are asked for.

PAIRS are TSV, CSV or JSON Lines, or - for standard input; gzip, bzip2 and
zstd are recognised. Two columns are a text and one that belongs to it;
further ones are texts that do not belong to the first. A column named score,
or label (0 or 1), makes them pairs with scores, or pairs that are related or
not. What was recognised is told; --columns says it otherwise. With no PAIRS a
bundled sample is used.

Pairs:
      --columns A,B[,C...]
                         the columns by name in the header or by number, or the
                         fields of JSON: anchor, positive, negatives; or text,
                         text, score=NAME or label=NAME
      --weight FILE=N    read the pairs of FILE so many times an epoch, such as
                         2 or 0.5; may be given several times (default 1)
      --strict           a row that is no example ends the training; without it
                         such rows are counted and told
      --max-tokens N     learn from so many tokens of a text; 0 takes all
                         (default %[1]d)

Tokens:
      --tokenizer NAME   wordpiece, bpe, unigram
                                 learnt from the pairs (default wordpiece)
                         words   as Unicode (UAX #29) cuts them, those that
                                 occur --min-count times
                         MODEL   those of that model (default with --init)
                         FILE    those of a tokenizer.json of Hugging Face, or
                                 of a vocab.txt of BERT
      --vocab N          tokens to learn, or most words (default %[2]d)
      --min-count N      leave out words that occur less often (default 2)
      --cased            keep capital letters

Model:
      --dim N            length of a row of the table (default %[3]d)
      --hidden N         outputs of a linear layer with ReLU on each token; 0
                         leaves it out (default 0)
      --project N        outputs of a learnt projection after pooling; 0 leaves
                         it out (default 0)
      --project-init NAME
                         random, or pca: the principal components of the
                         tokens' rows (default random)
      --pooling NAME     mean  the mean of the tokens
                         max   the largest number of each dimension
                         cls   the first token
                         sep   the last token
                         sif   the mean, tokens weighted by a/(a+share of the
                               text): rare ones count more (default)
      --sif-a X          a of sif (default %[4]s)
      --init MODEL       begin with a model: a sentence model as it is, or the
                         vectors of a word model, or of what 'embed import
                         --help' lists, by token or by word
      --freeze embedding the table stays as it begins
      --dropout P        leave out this part of the pooled numbers (default 0)

Objective:
      --loss NAME        in-batch     find the partner among those of the batch
                                      (default for pairs)
                         related      tell related from unrelated (default with
                                      labels)
                         cosine       the cosine is to be the score (default
                                      with scores)
                         cosent       put the cosines in the order of scores
                         contrastive  related near, unrelated --margin apart
                         triplet      the positive nearer by --margin than the
                                      negative
      --scale X          of the cosines in in-batch, related and cosent
                         (default %[5]s)
      --margin X         of related, contrastive and triplet (default %[6]s)
      --symmetric        in-batch both ways, anchors are found by positives
                         too; =false one way (default true)
      --matryoshka N,N   beginnings of the vector that are to serve alone

Steps:
      --batch N          examples of a batch; none holds a text twice
                         (default %[7]d)
      --mixed            batches over all files; without it each is of one file
      --epochs N         passes over the pairs (default %[8]d)
      --optimizer NAME   adagrad, adam, adamw or sgd (default adagrad)
      --lr X             learning rate at its highest (default %[9]s; adam and
                         adamw %[10]s, sgd %[11]s)
      --warmup P         part of the run in which it rises (default %[12]s)
      --decay NAME       linear or cosine, down to 0, or constant
                         (default linear)
      --weight-decay X   of adamw (default 0.01)
      --clip-norm X      cut gradients to this length; 0 does not (default 0)

      --threads N        goroutines (default: all cores); the model is the
                         same, byte for byte, at any number
      --deterministic    so it is always (default true)
      --seed N           seed of all random choices (default 1)
      --engine NAME      fused, or graph: gorgonia's stock operations, the same
                         objective much slower (default fused)
      --checkpoint-every DURATION
                         save MODEL this often while training, and at the end
                         of an epoch (default 5m)
  -o, --output MODEL     folder to write
      --force            replace MODEL if it exists; train even if memory or
                         disk seem too small
%[13]s%[14]s
Ctrl-C saves MODEL; 'train resume MODEL' goes on from there.

Examples:
  $ train sentence -o model
  $ train sentence pairs/*.tsv.zst --validate stsb-dev.csv -o model
  $ train sentence stsb-train.csv --init model --epochs 4 -o tuned
  $ train sentence qa.jsonl --columns question,answer --matryoshka 256,64 -o qa
`

// sentenceJob is a command line of train sentence.
type sentenceJob struct {
	options   sentence.Options
	engine    string
	output    string
	force     bool
	columns   string
	weights   []string
	strict    bool
	tokenizer string
	vocab     int
	minCount  int64
	cased     bool
	init      string
	freeze    string
	matryosh  string
	every     time.Duration
	watch     watchFlags
}

// The numbers of tokens that are learnt.
const (
	learntVocabulary = 10_000
	sentenceMinCount = 2
)

func sentenceCommand() *cobra.Command {
	job := sentenceJob{options: sentence.DefaultOptions()}
	o := &job.options
	short := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	cmd := &cobra.Command{
		Use:   "sentence [PAIRS...] -o MODEL",
		Short: "learn sentence vectors from pairs of texts",
		Long: fmt.Sprintf(sentenceHelp, o.MaxTokens, learntVocabulary, o.Dim, short(o.SIF), short(o.Scale), short(o.Margin), o.BatchSize, o.Epochs,
			short(sentence.UsualRate(sentence.AdaGrad)), short(sentence.UsualRate(sentence.Adam)), short(sentence.UsualRate(sentence.SGD)), short(o.Warmup),
			sentenceWatchHelp, cli.JSONHelp+cli.SharedHelp),
		RunE: job.run,
	}
	f := cmd.Flags()
	f.StringVarP(&job.output, "output", "o", "", "")
	f.BoolVar(&job.force, "force", false, "")
	f.StringVar(&job.columns, "columns", "", "")
	f.StringArrayVar(&job.weights, "weight", nil, "")
	f.BoolVar(&job.strict, "strict", false, "")
	f.IntVar(&o.MaxTokens, "max-tokens", o.MaxTokens, "")
	f.StringVar(&job.tokenizer, "tokenizer", "", "")
	f.IntVar(&job.vocab, "vocab", learntVocabulary, "")
	f.Int64Var(&job.minCount, "min-count", sentenceMinCount, "")
	f.BoolVar(&job.cased, "cased", false, "")
	f.IntVar(&o.Dim, "dim", o.Dim, "")
	f.IntVar(&o.Hidden, "hidden", o.Hidden, "")
	f.IntVar(&o.Project, "project", o.Project, "")
	f.StringVar(&o.ProjectInit, "project-init", o.ProjectInit, "")
	f.StringVar(&o.Pooling, "pooling", o.Pooling, "")
	f.Float64Var(&o.SIF, "sif-a", o.SIF, "")
	f.StringVar(&job.init, "init", "", "")
	f.StringVar(&job.freeze, "freeze", "", "")
	f.Float64Var(&o.Dropout, "dropout", o.Dropout, "")
	f.StringVar(&o.Loss, "loss", "", "")
	f.Float64Var(&o.Scale, "scale", o.Scale, "")
	f.Float64Var(&o.Margin, "margin", o.Margin, "")
	f.BoolVar(&o.Symmetric, "symmetric", o.Symmetric, "")
	f.StringVar(&job.matryosh, "matryoshka", "", "")
	f.IntVar(&o.BatchSize, "batch", o.BatchSize, "")
	f.BoolVar(&o.Mixed, "mixed", o.Mixed, "")
	f.IntVar(&o.Epochs, "epochs", o.Epochs, "")
	f.StringVar(&o.Optimizer, "optimizer", o.Optimizer, "")
	f.Float64Var(&o.LearningRate, "lr", o.LearningRate, "")
	f.Float64Var(&o.Warmup, "warmup", o.Warmup, "")
	f.StringVar(&o.Decay, "decay", o.Decay, "")
	f.Float64Var(&o.WeightDecay, "weight-decay", o.WeightDecay, "")
	f.Float64Var(&o.ClipNorm, "clip-norm", o.ClipNorm, "")
	f.IntVar(&o.Threads, "threads", o.Threads, "")
	f.Bool("deterministic", true, "") // as it always is; accepted since the word trainers have it
	f.Uint64Var(&o.Seed, "seed", o.Seed, "")
	f.StringVar(&job.engine, "engine", string(o.Engine), "")
	f.DurationVar(&job.every, "checkpoint-every", 5*time.Minute, "")
	job.watch.add(cmd)
	cli.AddJSON(cmd)
	return cmd
}

func (j *sentenceJob) run(cmd *cobra.Command, args []string) error {
	if err := j.settle(cmd); err != nil {
		return cli.UsageError(err)
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
	sources, err := j.sources(cmd, args)
	if err != nil {
		return err
	}
	defer sources.close()
	if err := notInside(j.output, append(slices.Clone(args), j.init)); err != nil {
		return err
	}
	sets, err := readSentenceSets(cmd.Context(), j.watch.sets)
	if err != nil {
		return err
	}
	given, err := j.openInit(cmd)
	if err != nil {
		return err
	}
	if given != nil {
		defer given.close()
		if err := validSentence(j.options); err != nil {
			return cli.UsageError(err)
		}
	}
	tokenizer, err := j.tokens(cmd, sources, given)
	if err != nil {
		return err
	}
	pairs, err := readPairs(cmd, sources.all, j.pairOptions(tokenizer))
	if err != nil {
		return err
	}
	defer pairs.Close()
	if j.options.Loss == "" {
		j.options.Loss = usualLoss(pairs.Kind())
	}
	if err := j.fits(cmd, pairs); err != nil {
		return cli.UsageError(err)
	}
	start, err := given.start(cmd, tokenizer.Vocabulary(), &j.options)
	if err != nil {
		return err
	}
	if err := checkSentenceNeeds(cmd, j.options, pairs, tokenizer, j.output, 0, j.watch.keepsBest(), j.force); err != nil {
		return err
	}
	return j.train(cmd, j.force, sentence.Run{
		Pairs: pairs, Tokenizer: tokenizer, Sources: args, SaveEvery: j.every, Start: start,
		Validation: j.watch.sentenceValidation(sets),
	})
}

// usualLoss is the loss that a kind of pairs asks for.
func usualLoss(kind pairs.Kind) string {
	switch kind {
	case pairs.Scored:
		return sentence.Cosine
	case pairs.Labelled:
		return sentence.Related
	}
	return sentence.InBatch
}

// fits looks at the objective, once the pairs are known that decide it.
func (j *sentenceJob) fits(cmd *cobra.Command, pairs *pairs.Dataset) error {
	if err := j.options.Fits(pairs); err != nil {
		return err
	}
	loss := j.options.Loss
	for _, of := range []struct {
		flag   string
		losses []string
	}{
		{"scale", []string{sentence.InBatch, sentence.Related, sentence.CoSENT}},
		{"margin", []string{sentence.Related, sentence.Contrastive, sentence.Triplet}},
		{"symmetric", []string{sentence.InBatch}},
	} {
		if cmd.Flags().Changed(of.flag) && !slices.Contains(of.losses, loss) {
			return fault.New("leave it out, or choose another --loss", "--%s is of %s, and the loss is %s", of.flag, strings.Join(of.losses, ", "), loss)
		}
	}
	return nil
}

// settle gives the options that were not given what is usual with those that were, and
// checks them as far as that can be done without the pairs.
func (j *sentenceJob) settle(cmd *cobra.Command) error {
	o, given := &j.options, cmd.Flags().Changed
	o.Engine = training.Engine(j.engine)
	if !given("lr") {
		o.LearningRate = sentence.UsualRate(o.Optimizer)
	}
	if !given("weight-decay") && o.Optimizer == sentence.AdamW {
		o.WeightDecay = 0.01
	}
	switch j.freeze {
	case "":
	case "embedding":
		o.Freeze = true
	default:
		return fault.New("only the table can be frozen: --freeze embedding", "--freeze cannot be %q", j.freeze)
	}
	if j.matryosh != "" {
		for part := range strings.SplitSeq(j.matryosh, ",") {
			n, err := strconv.Atoi(strings.TrimSpace(part))
			if err != nil {
				return fault.New("give numbers with commas between them: --matryoshka 256,128,64", "--matryoshka %q: %q is no number", j.matryosh, part)
			}
			o.Matryoshka = append(o.Matryoshka, n)
		}
	}
	if given("sif-a") && o.Pooling != sentence.SIF {
		return fault.New("add --pooling sif, or leave --sif-a out", "--sif-a is of the pooling sif, and the pooling is %s", o.Pooling)
	}
	if given("project-init") && o.Project == 0 {
		return fault.New("add --project N, or leave --project-init out", "--project-init needs --project")
	}
	if given("deterministic") {
		if d, _ := cmd.Flags().GetBool("deterministic"); !d {
			return fault.New("leave it out", "--deterministic=false: there is no other way to train sentences")
		}
	}
	if err := j.pairOptions(nil).Validate(); err != nil {
		return err
	}
	checked := *o
	if j.init != "" { // which has a say in the layers: they are looked at again with it
		checked.Freeze, checked.ProjectInit = false, "random"
	}
	return validSentence(checked)
}

// validSentence checks options whose loss may be left to the pairs.
func validSentence(o sentence.Options) error {
	if o.Loss == "" {
		o.Loss = sentence.InBatch
	}
	return o.Validate()
}

// train trains into the output, and reports.
func (j *sentenceJob) train(cmd *cobra.Command, replace bool, run sentence.Run) error {
	l := learning{saver: saver{cmd: cmd, output: j.output, replace: replace}, unit: "pairs", validation: run.Validation}
	run.Settings = j.settings()
	model, err := l.run(func(ctx context.Context, progress func(training.Event), save func(context.Context, *checkpoints.Checkpoint) error) (*checkpoints.Checkpoint, error) {
		run.Progress, run.Save = progress, save
		run.Warn = func(text string) { cli.Warn(cmd, "%s", text) }
		return sentence.Train(ctx, j.options, run)
	})
	if err != nil {
		return err
	}
	return reportSentence(cmd, l.output, model, l.last)
}
