package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/skipgram"
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
	text     text.Selection
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
	fn, ok := trainers[c.Config.Kind]
	if !ok {
		hint := ""
		if c.Config.Kind == checkpoints.VectorsKind {
			hint = "its vectors were imported; begin a training with them: " +
				cli.CommandLine("train", "skipgram", "CORPUS", "-o", "NEW", "--init", cli.PathArgument(j.model))
		}
		return fault.New(hint, "%s: a model of kind %q cannot be trained further", j.model, c.Config.Kind)
	}
	if err := training.CheckTokenizer(c); err != nil {
		return fmt.Errorf("%s: %w", j.model, err)
	}
	o, err := j.options(cmd, c)
	if err != nil {
		return err
	}
	if len(j.corpus) > 0 {
		return j.goOn(cmd, fn, c, o)
	}
	if why := c.Config.Progress.Stopped; why != "" {
		return fault.New("to train longer, begin again with more --patience, or go on with new text: "+cli.CommandLine("train", "resume", cli.PathArgument(j.model), "--corpus", "TEXT"),
			"%s: its training is finished, it ended early: %s", j.model, why)
	}
	if c.Config.Progress.Finished {
		return fault.New("to train longer, or with new text: "+cli.CommandLine("train", "resume", cli.PathArgument(j.model), "--corpus", "TEXT"),
			"%s: its training is finished", j.model)
	}
	if err := j.watch.check(cmd, c.Config.Validation); err != nil {
		return err
	}
	sets, err := j.watch.resumeSets(j.model, c.Config.Validation)
	if err != nil {
		return err
	}
	content := text.Selection{Field: c.Config.Corpus.Field, Column: c.Config.Corpus.Column}
	if !cmd.Flags().Changed("cache") {
		j.cache = c.Config.Corpus.Cache
	}
	corpus, err := resumedCorpus(cmd, j.cache, c, func() (*text.Source, error) {
		source, err := sameSource(c.Config.Corpus.Sources, names, j.model)
		if err != nil {
			return nil, err
		}
		if err := source.Select(content); err != nil {
			return nil, fmt.Errorf("%s: corpus in config.json: %w", j.model, err)
		}
		return source, notInside(j.model, source.Names())
	}, corpora.BuildOptions{Tokenizer: c.Tokenizer, Vocabulary: c.Vocabulary, MinCount: o.MinCount, MaxVocabulary: o.MaxVocabulary})
	if err != nil {
		return err
	}
	defer corpus.Close()
	if err := checkNeeds(cmd, c.Config.Kind, o, corpus, j.model, c.Config.Progress.Done, j.watch.keepsBest(), true, true); err != nil {
		return err
	}
	validation, closeSets, err := j.watch.validation(cmd, sets, corpus, c.Tokenizer, o)
	if err != nil {
		return err
	}
	defer closeSets()
	return train(cmd, fn, o, j.model, true, skipgram.Run{
		Corpus: corpus, Tokenizer: c.Tokenizer, Sources: c.Config.Corpus.Sources, Selection: content, Cache: j.cache, SaveEvery: j.every, Resume: c, Validation: validation,
	})
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

// options returns those of the model with what was set on the command line.
func (j *resumeJob) options(cmd *cobra.Command, c *checkpoints.Checkpoint) (skipgram.Options, error) {
	var o skipgram.Options
	if err := json.Unmarshal(c.Config.Options, &o); err != nil {
		return o, fmt.Errorf("%s: options in config.json: %w", j.model, err)
	}
	if err := o.Validate(); err != nil {
		return o, fmt.Errorf("%s: options in config.json: %w", j.model, err)
	}
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
	return o, cli.UsageError(o.Validate())
}

// goOn begins a run over new text.
func (j *resumeJob) goOn(cmd *cobra.Command, fn trainer, c *checkpoints.Checkpoint, o skipgram.Options) error {
	if j.grow {
		if err := training.CanGrow(o); err != nil {
			return fmt.Errorf("%s: %w", j.model, err)
		}
		if c.Tokenizer.Subwords() {
			return fault.New("go on with the same tokens, without --grow", "%s: its tokens are those of its tokenizer.json: there are no new ones", j.model)
		}
	}
	if err := j.watch.check(cmd, nil); err != nil {
		return err
	}
	sets, err := readSets(j.watch.sets)
	if err != nil {
		return err
	}
	source, err := text.Open(j.corpus...)
	if err != nil {
		return err
	}
	if f := cmd.Flags(); !f.Changed("field") && !f.Changed("column") {
		j.text = text.Selection{Field: c.Config.Corpus.Field, Column: c.Config.Corpus.Column}
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
	build := corpora.BuildOptions{Tokenizer: c.Tokenizer, Vocabulary: c.Vocabulary}
	if j.grow {
		build = corpora.BuildOptions{Tokenizer: c.Tokenizer, Base: c.Vocabulary, MinCount: o.MinCount, MaxVocabulary: o.MaxVocabulary}
	}
	corpus, err := cachedCorpus(cmd, j.cache, source, build)
	if err != nil {
		return err
	}
	defer corpus.Close()
	// A vocabulary that grows gets tables of its own beside the model's.
	if err := checkNeeds(cmd, c.Config.Kind, o, corpus, output, 0, j.watch.keepsBest(), !j.grow, j.force); err != nil {
		return err
	}
	if n := corpus.Vocabulary().Len() - c.Vocabulary.Len(); j.grow {
		cli.Note(cmd, "%s new, %s were there before", cli.Plural(n, "word is", "words are"), cli.Thousands(c.Vocabulary.Len()))
	}
	validation, closeSets, err := j.watch.validation(cmd, sets, corpus, c.Tokenizer, o)
	if err != nil {
		return err
	}
	defer closeSets()
	begun, err := skipgram.Continue(c, corpus, o)
	if err != nil {
		return fmt.Errorf("%s: %w", j.model, err)
	}
	return train(cmd, fn, o, output, replace, skipgram.Run{
		Corpus: corpus, Tokenizer: c.Tokenizer, Sources: source.Names(), Selection: j.text, Cache: j.cache, SaveEvery: j.every, Resume: begun, Validation: validation,
	})
}

// sameSource opens the text of a checkpoint: what is named now, else what was
// named then.
func sameSource(then, now []string, model string) (*text.Source, error) {
	switch {
	case len(now) > 0:
		return text.Open(now...)
	case slices.Equal(then, text.Sample().Names()):
		return text.Sample(), nil
	case slices.Contains(then, "-"):
		return nil, fault.New("give the same text again: "+cli.CommandLine("train", "resume", cli.PathArgument(model), "-")+" < text",
			"%s: its text came from standard input", model)
	}
	source, err := text.Open(then...)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New("if it has moved, name it again: "+cli.CommandLine("train", "resume", cli.PathArgument(model), "CORPUS"),
			"the text of %s is not where it was: %w", model, err)
	}
	return source, err
}
