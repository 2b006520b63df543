package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/words"
	"github.com/luminavec/luminavec/sentence"
)

const resumeHelp = `Usage: train resume MODEL [CORPUS...] [options]
       train resume MODEL --corpus NEW... [--grow] [options]

Go on with a training that was interrupted, from the checkpoint in MODEL to its
end. The options are those it began with, those of validation too, unless they
are given. The text is read again: from where it was read before, or from
CORPUS, which must hold the same text; with the --field or --column that it was
read with. A training with --cache needs no text.

With --corpus go on with new text, whether MODEL is finished or not: a new run
over NEW that begins with what MODEL has learnt. MODEL is replaced when the new
run is saved, unless -o names another folder. Interrupted, it is resumed as any
other, by 'train resume MODEL'.

Options:
      --cache DIR        take the words from where --cache kept them; read the
                         text, and keep it, if they are not there (default: as
                         before; with --corpus none)
      --threads N        workers (default: as before)
      --checkpoint-every DURATION
                         save MODEL this often while training, and at the end
                         of an epoch (default 5m)
` + watchHelp + `
Options of a run with new text:
      --corpus NEW       the new text, as in 'train skipgram --help'; may be
                         given several times, or with more names behind it
      --grow             add the words of NEW to the vocabulary; those of MODEL
                         stay, however rare, and counts are added up. Without it
                         words that MODEL does not know are left out
      --min-count N      leave out new words that occur less often in NEW
                         (default: as before)
      --max-vocab N      add no more new words than make N in all; 0 adds all
                         (default 0)
      --epochs N         passes over NEW (default: as before)
      --lr X             learning rate at the start (default: as before)
      --field NAME, --column NAME
                         what of NEW is the text (default: as before)
  -o, --output FOLDER    write to FOLDER and leave MODEL as it is
      --force            replace FOLDER if it exists; train even if memory or
                         disk seem too small
` + cli.JSONHelp + cli.SharedHelp + `
Examples:
  $ train resume model
  $ train resume model wiki-at-its-new-place.txt
  $ train resume model --corpus news.txt --grow --epochs 3
`

// resumeJob is a command line of train resume.
type resumeJob struct {
	model    string
	output   string
	force    bool
	corpus   []string
	grow     bool
	text     corpora.Selection
	minCount int64
	most     int // --max-vocab
	epochs   int
	rate     float64
	cache    string
	threads  int
	every    time.Duration
	watch    watchFlags
}

func resumeCommand() *cobra.Command {
	var j resumeJob
	cmd := &cobra.Command{
		Use:   "resume MODEL [CORPUS...]",
		Short: "go on with a training that was interrupted, or with new text",
		Long:  resumeHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cli.UsageError(fault.New("name the folder of the interrupted training: train resume model", "no model is named"))
			}
			j.model = args[0]
			return j.run(cmd, args[1:])
		},
	}
	f := cmd.Flags()
	f.StringVar(&j.cache, "cache", "", "")
	f.IntVar(&j.threads, "threads", 0, "")
	f.DurationVar(&j.every, "checkpoint-every", 5*time.Minute, "")
	f.StringArrayVar(&j.corpus, "corpus", nil, "")
	f.BoolVar(&j.grow, "grow", false, "")
	f.Int64Var(&j.minCount, "min-count", 0, "")
	f.IntVar(&j.most, "max-vocab", 0, "")
	f.IntVar(&j.epochs, "epochs", 0, "")
	f.Float64Var(&j.rate, "lr", 0, "")
	f.StringVar(&j.text.Field, "field", "", "")
	f.StringVar(&j.text.Column, "column", "", "")
	f.StringVarP(&j.output, "output", "o", "", "")
	f.BoolVar(&j.force, "force", false, "")
	j.watch.add(cmd)
	cli.AddJSON(cmd)
	return cmd
}

func (j *resumeJob) run(cmd *cobra.Command, names []string) error {
	if err := checkOutput(j.model, j.every); err != nil {
		return err
	}
	if len(j.corpus) > 0 {
		j.corpus = append(j.corpus, names...)
	} else if err := j.needsNone(cmd); err != nil {
		return err
	}
	if j.output != "" {
		if err := checkpoints.CheckOutput(j.output, checkpoints.WriteOptions{Replace: j.force}); err != nil {
			return err
		}
	}
	c, err := checkpoints.Read(cmd.Context(), j.model, checkpoints.ReadOptions{State: true})
	if err != nil {
		return err
	}
	if c.Config.Kind == sentence.Kind {
		return j.resumeSentence(cmd, c, names)
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
		return fault.New(hint+cli.CommandLine("train", "resume", cli.PathArgument(j.model), "--corpus", "TEXT"), "%w", err)
	}
	if err := j.watch.check(cmd, c.Config.Validation); err != nil {
		return err
	}
	sets, err := j.watch.resumeSets(j.model, c.Config.Validation)
	if err != nil {
		return err
	}
	if !cmd.Flags().Changed("cache") {
		j.cache = c.Config.Corpus.Cache
	}
	corpus, err := r.Corpus(cmd.Context(), names, cached(cmd, j.cache))
	if err != nil {
		return err
	}
	defer corpus.Close()
	if err := checkNeeds(cmd, r.Kind.Objective, r.Options, corpus, j.model, c.Config.Progress.Done, j.watch.keepsBest(), true, true); err != nil {
		return err
	}
	return j.train(cmd, r, r.Run(corpus, j.cache), sets, j.model, true)
}

// train trains the run with its validation.
func (j *resumeJob) train(cmd *cobra.Command, r *words.Reopened, run words.Run, sets []*words.Set, output string, replace bool) error {
	validation, err := j.watch.validation(cmd, sets, run.Corpus, run.Tokenizer, r.Options)
	if err != nil {
		return err
	}
	if validation != nil {
		defer validation.Close()
	}
	run.Validation, run.SaveEvery = validation, j.every
	return train(cmd, r.Kind.Train, r.Options, output, replace, run)
}

// needsNone refuses the options of new text where there is none.
func (j *resumeJob) needsNone(cmd *cobra.Command) error {
	for _, name := range []string{"grow", "min-count", "max-vocab", "epochs", "lr", "field", "column", "output", "force"} {
		if cmd.Flags().Changed(name) {
			return cli.UsageError(fault.New("an interrupted training goes on as it began; to go on with new text name it: --corpus TEXT",
				"--%s needs --corpus", name))
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
	sets, err := words.ReadSets(j.watch.sets...)
	if err != nil {
		return err
	}
	source, err := corpora.Open(j.corpus...)
	if err != nil {
		return err
	}
	if f := cmd.Flags(); !f.Changed("field") && !f.Changed("column") {
		j.text = r.Selection()
	}
	if err := source.Select(j.text); err != nil {
		return cli.UsageError(err)
	}
	output, replace := j.model, true
	if j.output != "" {
		output, replace = j.output, j.force
	}
	if err := notInside(output, source.Names()); err != nil {
		return err
	}
	corpus, err := r.NewCorpus(cmd.Context(), source, j.grow, cached(cmd, j.cache))
	if err != nil {
		return err
	}
	defer corpus.Close()
	// A vocabulary that grows gets tables of its own beside the model's.
	if err := checkNeeds(cmd, r.Kind.Objective, r.Options, corpus, output, 0, j.watch.keepsBest(), !j.grow, j.force); err != nil {
		return err
	}
	if was := r.Checkpoint.Vocabulary.Len(); j.grow {
		cli.Note(cmd, "added %s to the %s of the model", cli.Plural(corpus.Vocabulary().Len()-was, "word", "words"), cli.Thousands(was))
	}
	run, err := r.NewRun(corpus, source, j.text, j.cache)
	if err != nil {
		return err
	}
	return j.train(cmd, r, run, sets, output, replace)
}
