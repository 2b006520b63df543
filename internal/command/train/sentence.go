package train

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	sentences "github.com/luminavec/luminavec/sentence/train"
)

// sentenceJob is a command line of train sentence.
type sentenceJob struct {
	target
	sentences.Settings
	token         tokenFlags
	init          string
	format        string // --vectors-format
	freeze        string
	deterministic bool
	part          partFlags
}

func sentenceCommand() *cobra.Command {
	job := sentenceJob{token: newTokenFlags(sentences.DefaultTokens().Vocabulary), deterministic: true}
	job.Options = sentences.DefaultOptions()
	o := &job.Options
	o.Loss, o.Threads = "", 0 // settled later
	cmd := &cobra.Command{
		Use:   "sentence [PAIRS...] -o MODEL",
		Short: "Train sentence vectors on pairs of texts that belong together",
		Long: `
The model splits a text into tokens, looks up a vector for each, and combines them
into one vector. Pairs are TSV, CSV, JSON Lines or Parquet. Two columns are a text and
one that belongs to it; further columns are texts that do not belong to the first. A
column named score, or label (0 or 1), makes them scored pairs, or pairs that are
related or not. All scores are read on one scale; an ambiguous scale, and labels such as 0, 1 and 2,
are refused unless --score-range or --labels says what they mean. The layout is detected
and reported; --columns overrides it.

The model is the same, byte for byte, with any number of threads. Ctrl-C saves MODEL;
'train resume MODEL' continues from there.`,
		Example: `
$ train sentence -o model
$ train sentence pairs/*.tsv.zst --validate stsb-dev.csv -o model
$ train sentence stsb-train.csv --init model --epochs 4 -o tuned
$ train sentence --from-documents docs/ -o model
$ train sentence qa.jsonl --columns question,answer --matryoshka 256,64 -o qa
$ train sentence pairs.tsv --tokenizer tokenizer.json --shard 2/8 --round 1/5 -o part2`,
		RunE: job.run,
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "PAIRS", Ext: pairEndings,
		Help: "file of pairs, or - for standard input (default: a bundled sample); gzip, bzip2 and zstd are decompressed"})
	cli.Declare(cmd, cli.ForInput, cli.Flag{Name: "from-documents", Arg: "FOLDER", Into: &job.Documents, Field: "Documents",
		Help: "make the pairs from the documents in FOLDER, or a file: headings and sections, titles, descriptions, questions and answers, first sentences and what follows; without --init and flags of tokens and layers, start from the bundled model"})
	cli.Declare(cmd, cli.ForInput, columnsFlag(&job.Columns), labelsFlag(&job.Labels),
		scoreRangeFlag(&job.ScoreRange), strictFlag(&job.Strict),
		cli.Flag{Name: "weight", Arg: "FILE=N", Into: &job.Weights, Field: "Weights",
			Help: "read the pairs of FILE N times per epoch, such as 2 or 0.5", Default: "1"},
		cli.Flag{Name: "max-tokens", Arg: "N", Into: &o.MaxTokens, Field: "MaxTokens", Help: "tokens of a text to learn from; 0 uses all"},
		cli.Flag{Name: "mixed", Into: &o.Mixed, Field: "Mixed", Help: "build batches across files; without it each batch is of one file"})
	cli.Declare(cmd, "Tokens", job.token.flags("wordpiece; with --init that of the model")...)
	cli.Declare(cmd, cli.ForModel,
		cli.Flag{Name: "dim", Arg: "N", Into: &o.Dim, Field: "Dim", Help: "length of a token's vector"},
		cli.Flag{Name: "hidden", Arg: "N", Into: &o.Hidden, Field: "Hidden", Help: "outputs of a linear layer with ReLU on each token; 0 for no such layer"},
		cli.Flag{Name: "project", Arg: "N", Into: &o.Project, Field: "Project", Help: "outputs of a projection after pooling; 0 for no projection"},
		cli.Flag{Name: "project-init", Arg: "NAME", Into: &o.ProjectInit, Field: "ProjectInit", Help: "initial projection", Values: []cli.Value{
			{Name: string(sentences.RandomProjection), Help: "random values"}, {Name: string(sentences.PCA), Help: "principal components of the tokens' vectors"}}},
		cli.Flag{Name: "pooling", Arg: "NAME", Into: &o.Pooling, Field: "Pooling", Help: "how the vectors of the tokens are combined",
			Values: cli.Summarized(sentence.Poolings, sentence.Pooling.Summary)},
		cli.Flag{Name: "repeats", Arg: "X", Into: &o.Repeats, Field: "Repeats", Help: "a token that occurs n times in a text counts n^X times; below 1, other programs cannot open the model", Default: "1"},
		cli.Flag{Name: "sif-a", Arg: "X", Into: &o.SIF, Field: "SIF", Help: "a of pooling sif"},
		cli.Flag{Name: "init", Arg: "MODEL", Into: &job.init, Help: "start from a model: a sentence model as a whole, or the vectors of a word model or of a file that 'embed import --help' lists"},
		cli.VectorsFormatFlag(&job.format),
		cli.Flag{Name: "freeze", Arg: "NAME", Into: &job.freeze, Field: "Freeze", Help: "parameters to keep fixed", Values: []cli.Value{
			{Name: "embedding", Help: "the initial vectors of the tokens"}}},
		cli.Flag{Name: "dropout", Arg: "P", Into: &o.Dropout, Field: "Dropout", Help: "probability that a pooled value is dropped in a step"})
	cli.Declare(cmd, "Objective",
		cli.Flag{Name: "loss", Arg: "NAME", Into: &o.Loss, Field: "Loss", Help: "what is minimized", Values: lossValues()},
		cli.Flag{Name: "scale", Arg: "X", Into: &o.Scale, Field: "Scale", Help: "factor of cosines in " + fault.OneOf(sentences.LossesWith("Scale"))},
		cli.Flag{Name: "margin", Arg: "X", Into: &o.Margin, Field: "Margin", Help: "difference of cosines in " + fault.OneOf(sentences.LossesWith("Margin"))},
		cli.Flag{Name: "symmetric", Into: &o.Symmetric, Field: "Symmetric", Help: "with loss in-batch, let positives look for their anchors too"},
		cli.Flag{Name: "matryoshka", Arg: "N,N", Into: &o.Matryoshka, Field: "Matryoshka", Help: "dimensions to which vectors may be truncated", Default: "none"})
	cli.Declare(cmd, "Objective", cli.Flag{Name: "keep-teacher", Arg: "X", Into: &o.KeepTeacher, Field: "KeepTeacher", Help: "weight of the similarity to the sentence model of --init, which training keeps near"})
	cli.Declare(cmd, cli.ForTraining,
		cli.Flag{Name: "epochs", Arg: "N", Into: &o.Epochs, Field: "Epochs", Help: "passes over the pairs"},
		cli.Flag{Name: "batch", Arg: "N", Into: &o.BatchSize, Field: "BatchSize", Help: "examples per batch; no batch holds a text twice"},
		cli.Flag{Name: "optimizer", Arg: "NAME", Into: &o.Optimizer, Field: "Optimizer", Help: "optimizer", Values: cli.Values(sentences.Optimizers()...)},
		cli.Flag{Name: "lr", Arg: "X", Into: &o.LearningRate, Field: "LearningRate", Help: "highest learning rate", Default: usualRates()},
		cli.Flag{Name: "warmup", Arg: "P", Into: &o.Warmup, Field: "Warmup", Help: "fraction of the training in which the learning rate rises"},
		cli.Flag{Name: "decay", Arg: "NAME", Into: &o.Decay, Field: "Decay", Help: "how the learning rate decays", Values: cli.Values(sentences.Decays()...)},
		cli.Flag{Name: "weight-decay", Arg: "X", Into: &o.WeightDecay, Field: "WeightDecay", Help: "weight decay of adamw",
			Default: short(sentences.UsualWeightDecay(sentences.AdamW)) + " with adamw"},
		cli.Flag{Name: "clip-norm", Arg: "X", Into: &o.ClipNorm, Field: "ClipNorm", Help: "clip gradients to this norm; 0 does not clip"},
		cli.Flag{Name: "threads", Arg: "N", Into: &o.Threads, Field: "Threads", Positive: true, Help: "number of threads", Default: "all cores"},
		cli.Flag{Name: "deterministic", Into: &job.deterministic, Help: "accepted for compatibility: training on pairs is always deterministic"},
		cli.Flag{Name: "seed", Arg: "N", Into: &o.Seed, Field: "Seed", Help: "seed of all random choices"},
		cli.Flag{Name: "engine", Arg: "NAME", Into: &o.Engine, Field: "Engine", Help: "how gradients are computed", Values: []cli.Value{
			{Name: string(sentences.Fused), Help: "fused operations on all threads"}, {Name: string(sentences.Graph), Help: "gorgonia's own operations, much slower"}}})
	job.watch.declare(cmd, "SET", "evaluate the model during training with sts:FILE (scored pairs of sentences) or retrieval:FOLDER (a set in the layout of BEIR); "+
		"the prefix may be left out; the first set decides which model is best", "every N steps, as in 100steps, ", "1")
	job.part.declare(cmd)
	cli.NameField(cmd, "Files", "PAIRS")
	cli.NameField(cmd, "Alphabet", "the number of different characters") // no flag sets it
	cli.OnlyImport(cmd)
	return job.declare(cmd)
}

// pairEndings are the endings of files of pairs.
var pairEndings = []string{"tsv", "csv", "jsonl", "parquet", "gz", "bz2", "zst"}

// columnsFlag, labelsFlag, scoreRangeFlag and strictFlag are shared by the commands that read pairs.
func columnsFlag(into *string) cli.Flag {
	return cli.Flag{Name: "columns", Arg: "A,B[,C]", Into: into, Field: "Columns",
		Help: "columns by name in the header or by number, or fields of JSON: anchor, positive, negatives; or text, text, score=NAME or label=NAME", Default: "detected"}
}

func labelsFlag(into *[]string) cli.Flag {
	return cli.Flag{Name: "labels", Arg: "LABEL=X,...", Into: into, Field: "Labels", Help: "what labels mean, from 0 (not related) to 1 (related); pairs with others are skipped",
		Default: "0, 1, true, false, and names such as entailment=1,neutral=0,contradiction=0"}
}

func scoreRangeFlag(into *[]float64) cli.Flag {
	return cli.Flag{Name: "score-range", Arg: "LOW,HIGH", Into: into, Field: "ScoreRange", Help: "lowest and highest possible score of all PAIRS, scaled to 0..1",
		Default: "detected: 0,1 or 0,5 or 0,10 or 0,100 if the scores reach 80% of it, or -1,1; refused if ambiguous"}
}

func strictFlag(into *bool) cli.Flag {
	return cli.Flag{Name: "strict", Into: into, Field: "Strict", Help: "stop at a row that is not an example; without it such rows are skipped and counted"}
}

// lossValues lists the losses with the data for which each is the default.
func lossValues() []cli.Value {
	var values []cli.Value
	for _, l := range sentences.Losses() {
		help := l.Summary
		for _, kind := range l.Usual {
			help += " (default for " + kind.String() + ")"
		}
		values = append(values, cli.Value{Name: string(l.Name), Help: help})
	}
	return values
}

func short(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// usualRates lists the default learning rates.
func usualRates() string {
	var rates []string
	for _, name := range sentences.Optimizers() {
		rates = append(rates, short(sentences.UsualRate(name))+" for "+string(name))
	}
	return strings.Join(rates, ", ")
}

// settle derives the options that were not given from those that were, and checks what
// can be checked before anything is read.
func (j *sentenceJob) settle(cmd *cobra.Command, files []string) error {
	o, given := &j.Options, cmd.Flags().Changed
	j.Files = files
	if !given("lr") {
		o.LearningRate = sentences.UsualRate(o.Optimizer)
	}
	if !given("weight-decay") {
		o.WeightDecay = sentences.UsualWeightDecay(o.Optimizer)
	}
	if !given("threads") {
		o.Threads = sentences.DefaultOptions().Threads
	}
	o.Freeze = j.freeze != ""
	switch {
	case !j.deterministic:
		return fault.New("leave it out", "--deterministic=false is not supported: training on pairs is always deterministic")
	case j.init == "" && j.format != "":
		return fault.New("name the vectors, or leave it out", "--vectors-format requires --init")
	case j.init == "" && o.Freeze:
		return fault.New("name the vectors to keep: --init MODEL", "--freeze requires --init")
	case j.init == text.Stdin && slices.Contains(files, text.Stdin):
		return fault.New("write one of them to a file", "standard input cannot be both the pairs and the vectors of --init")
	}
	if err := j.token.settle(); err != nil {
		return err
	}
	if err := j.part.settle(cmd, len(j.watch.sets) > 0); err != nil {
		return err
	}
	if j.Shard = j.part.shard; j.Shard != "" && len(j.Documents) > 0 {
		return fault.New("write the pairs to a file, or leave it out", "--shard cannot be used with --from-documents")
	}
	if err := j.Input.Validate(); err != nil {
		return err
	}
	checked := *o
	if j.init != "" { // the model determines the layers: they are checked again with it
		checked.Freeze, checked.ProjectInit = false, sentences.RandomProjection
		return validSentence(checked)
	}
	if err := validSentence(checked); err != nil {
		return err
	}
	return o.Unused(cli.Given(cmd)...)
}

// validSentence checks options whose loss may still depend on the pairs.
func validSentence(o sentences.Options) error {
	if o.Loss == "" {
		o.Loss = sentences.UsualLoss(pairs.Paired)
	}
	return o.Validate()
}
