package train

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/words"
	"github.com/luminavec/luminavec/sentence"
	sentences "github.com/luminavec/luminavec/sentence/train"
)

// resumeJob is a command line of train resume.
type resumeJob struct {
	target
	model    string
	corpus   []string
	grow     bool
	text     text.Selection
	minCount int64
	most     int // --max-vocab
	epochs   int
	rate     float64
	cache    string
	threads  int
	pairs    sentences.Input // what the command line says of pairs
}

func resumeCommand() *cobra.Command {
	j := &resumeJob{}
	cmd := &cobra.Command{
		Use:   "resume MODEL [CORPUS...] [options]\nresume MODEL --corpus NEW... [options]",
		Short: "Continue an interrupted training, or train a model further on new text",
		Long: `
An interrupted training continues from the checkpoint in MODEL to its end, with the options
and the text that it began with. The text is read from where it was read before, or
from CORPUS, which must be the same text; a training with --cache does not need it.
Trainings on pairs that an earlier version started have no record of how they were read: if
that is ambiguous, state the columns, the range of the scores or the meaning of the labels.

With --corpus a new run over NEW starts from MODEL, finished or not. It replaces MODEL
when it is saved, unless -o names another folder, and can be resumed like any other.`,
		Example: `
$ train resume model
$ train resume model wiki-at-its-new-place.txt
$ train resume model --corpus news.txt --grow --epochs 3`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.UsageError(fault.New("name the folder of the interrupted training: train resume model", "no model is named"))
			}
			j.model = args[0]
			return j.run(cmd, args[1:])
		},
	}
	cli.Declare(cmd, cli.Arguments,
		cli.Flag{Arg: "MODEL", Help: "folder of the training"},
		cli.Flag{Arg: "CORPUS", Field: "Corpus", Help: "the text of the training, if it has moved"})
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "cache", Arg: "DIR", Into: &j.cache, Field: "Cache", Help: "cache of the corpus; if it does not exist, the text is read and cached", Default: "as before; none with --corpus"})
	cli.Declare(cmd, "New text",
		cli.Flag{Name: "corpus", Arg: "NEW", Into: &j.corpus, Help: "the new text; more names may follow MODEL"},
		cli.Flag{Name: "grow", Into: &j.grow, Field: "Base", Help: "add the words of NEW to the vocabulary; words of MODEL are kept however rare they are, and counts are added up; without it, words that MODEL does not know are ignored"},
		cli.Flag{Name: "min-count", Arg: "N", Into: &j.minCount, Field: "MinCount", Help: "ignore new words that occur less often in NEW", Default: "as before"},
		cli.Flag{Name: "max-vocab", Arg: "N", Into: &j.most, Field: "MaxVocabulary", Help: "add new words up to N in all; 0 adds all"},
		cli.Flag{Name: "epochs", Arg: "N", Into: &j.epochs, Field: "Epochs", Help: "passes over NEW", Default: "as before"},
		cli.Flag{Name: "lr", Arg: "X", Into: &j.rate, Field: "LearningRate", Help: "initial learning rate", Default: "as before"})
	cli.Declare(cmd, "New text", cli.TextFlags(&j.text)...)
	cli.Declare(cmd, cli.ForTraining,
		cli.Flag{Name: "threads", Arg: "N", Into: &j.threads, Field: "Threads", Help: "number of threads", Default: "as before"})
	cli.Declare(cmd, "Pairs",
		asBefore(columnsFlag(&j.pairs.Columns)), asBefore(labelsFlag(&j.pairs.Labels)), asBefore(scoreRangeFlag(&j.pairs.ScoreRange)))
	j.watch.declareWords(cmd)
	cli.NameField(cmd, "Start", "--init") // of the commands that begin a training
	cli.NameField(cmd, "Subsample", "--subsample of a new training")
	cli.NameField(cmd, "Tokenizer", "--tokenizer of a new training")
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "FOLDER", Into: &j.output, Help: "write to FOLDER and keep MODEL; requires --corpus"},
		cli.Flag{Name: "force", Into: &j.force, Help: "replace FOLDER if it exists; train even if memory or disk seem too small"},
		j.everyFlag(), cli.JSONFlag())
}

// asBefore is a flag whose default is what the training began with.
func asBefore(f cli.Flag) cli.Flag {
	f.Default = "as before"
	return f
}

func (j *resumeJob) run(cmd *cobra.Command, names []string) error {
	if len(j.corpus) > 0 {
		j.corpus = append(j.corpus, names...)
	} else if err := j.needsNone(cmd); err != nil {
		return err
	}
	if j.output == "" {
		j.output, j.own = j.model, true
	}
	if err := j.checkOutput(); err != nil {
		return err
	}
	durable.Sweep(j.model) // even if the training turns out to be finished
	if err := cli.RefuseTransformer(cmd, j.model); err != nil {
		return err
	}
	c, err := checkpoints.Read(cmd.Context(), j.model, checkpoints.ReadOptions{State: true})
	if err != nil {
		return err
	}
	if j.own { // now that it is known to be a model
		if err := checkpoints.CheckOutput(j.output, checkpoints.WriteOptions{Replace: true}); err != nil {
			return err
		}
	}
	if c.Config.Kind == sentence.Kind {
		return j.resumeSentence(cmd, c, names)
	}
	for _, name := range []string{"columns", "labels", "score-range"} {
		if cmd.Flags().Changed(name) {
			return cli.UsageError(fault.New("leave it out", "--%s cannot be used with the word model %s", name, j.model))
		}
	}
	r, err := words.Reopen(j.model, c)
	if err != nil {
		return err
	}
	if err := j.options(cmd, &r.Options); err != nil {
		return err
	}
	if len(j.corpus) > 0 {
		return j.newText(cmd, r)
	}
	if err := r.Unfinished(); err != nil {
		hint := "to train longer, or with new text: "
		if c.Config.Progress.Stopped != "" {
			hint = "to train longer, start again with more --patience, or continue with new text: "
		}
		return fault.New(cmp.Or(fault.Hint(err), hint+cli.CommandLine("train", "resume", cli.PathArgument(j.model), "--corpus", "TEXT")), "%w", err)
	}
	if err := j.watch.check(cmd, c.Config.Validation); err != nil {
		return err
	}
	sets, err := j.watch.read.ReadSame(c.Config.Validation, j.watch.sets...)
	if err != nil {
		return fault.Mention(fault.Hint(err), "%s: %w", j.model, err)
	}
	if !cmd.Flags().Changed("cache") {
		j.cache = c.Config.Corpus.Cache
	}
	if err := cached(cmd, j.cache).CheckApart(j.output); err != nil {
		return cli.UsageError(err)
	}
	corpus, err := r.Corpus(cmd.Context(), names, cached(cmd, j.cache))
	if err != nil {
		return err
	}
	defer corpus.Close()
	j.force = true // its memory and disk were enough before
	if err := j.checkNeeds(cmd, r.Kind, r.Options, corpus, c.Config.Progress.Done, len(sets), true); err != nil {
		return err
	}
	return j.trainWords(cmd, r.Kind, r.Options, sets, r.Run(corpus, j.cache))
}

// needsNone refuses the options of new text if there is none.
func (j *resumeJob) needsNone(cmd *cobra.Command) error {
	for _, name := range []string{"grow", "min-count", "max-vocab", "epochs", "lr", "field", "column", "output", "force"} {
		if cmd.Flags().Changed(name) {
			return cli.UsageError(fault.New("an interrupted training continues as it began; to train on new text name it: --corpus TEXT",
				"--%s requires --corpus", name))
		}
	}
	return nil
}

// options sets what is given on the command line.
func (j *resumeJob) options(cmd *cobra.Command, o *words.Options) error {
	for name, set := range map[string]func(){
		"threads":   func() { o.Threads = j.threads },
		"min-count": func() { o.MinCount = j.minCount },
		"epochs":    func() { o.Epochs = j.epochs },
		"lr":        func() { o.LearningRate = j.rate },
	} {
		if cmd.Flags().Changed(name) {
			set()
		}
	}
	if len(j.corpus) > 0 {
		o.MaxVocabulary = j.most
	}
	return cli.UsageError(o.Validate())
}

// newText starts a run over new text.
func (j *resumeJob) newText(cmd *cobra.Command, r *words.Reopened) error {
	if j.grow {
		if err := r.CheckGrow(); err != nil {
			return err
		}
	}
	if err := j.watch.check(cmd, nil); err != nil {
		return err
	}
	if err := cached(cmd, j.cache).CheckApart(j.output); err != nil {
		return cli.UsageError(err)
	}
	sets, err := j.watch.read.Read(j.watch.sets...)
	if err != nil {
		return err
	}
	source, err := text.Open(j.corpus...)
	if err != nil {
		return err
	}
	if f := cmd.Flags(); !f.Changed("field") && !f.Changed("column") {
		j.text = r.Selection()
	}
	if err := source.Select(j.text); err != nil {
		return cli.UsageError(err)
	}
	if err := corpora.CheckOutside(j.output, source.Names()); err != nil {
		return err
	}
	corpus, err := r.NewCorpus(cmd.Context(), source, j.grow, cached(cmd, j.cache))
	if err != nil {
		return err
	}
	defer corpus.Close()
	// A vocabulary that grows gets tables of its own beside the model's.
	if err := j.checkNeeds(cmd, r.Kind, r.Options, corpus, 0, len(sets), !j.grow); err != nil {
		return err
	}
	if was := r.Checkpoint.Vocabulary.Len(); j.grow {
		cli.Note(cmd, "added %s to the %s of the model", cli.Plural(corpus.Vocabulary().Len()-was, "word", "words"), cli.Thousands(was))
	}
	run, err := r.NewRun(corpus, source, j.text, j.cache)
	if err != nil {
		return err
	}
	return j.trainWords(cmd, r.Kind, r.Options, sets, run)
}
