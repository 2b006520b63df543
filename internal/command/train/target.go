package train

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/training/saving"
	"github.com/luminavec/luminavec/internal/words"
)

// target is the folder that a training of any kind writes, and how it is watched.
type target struct {
	output string
	force  bool // replace output; train even if memory or disk seem too small
	own    bool // output is the model that is trained further, which may be replaced
	every  time.Duration
	watch  watchFlags
}

// everyFlag is how often a training is saved.
func (t *target) everyFlag() cli.Flag {
	t.every = 5 * time.Minute
	return cli.Flag{Name: "checkpoint-every", Arg: "DURATION", Into: &t.every, Field: "SaveEvery", Help: "save MODEL this often while training, and after each epoch"}
}

// declare declares the flags of the output of a new model.
func (t *target) declare(cmd *cobra.Command) *cobra.Command {
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "MODEL", Into: &t.output, Help: "folder to write"},
		cli.Flag{Name: "force", Into: &t.force, Help: "replace MODEL if it exists; train even if memory or disk seem too small"},
		t.everyFlag(), cli.JSONFlag())
}

// check checks the flags of a new training before anything is read.
func (t *target) check(cmd *cobra.Command) error {
	if err := t.checkOutput(); err != nil {
		return err
	}
	return t.watch.check(cmd, nil)
}

// checkOutput reports an output that cannot be written now, not after the training.
func (t *target) checkOutput() error {
	if t.output == "" {
		return cli.UsageError(fault.New("name the folder to write: -o model", "no output is named"))
	}
	if t.every <= 0 {
		return fault.Field("SaveEvery", "use a time such as 30s, 5m or 2h", "must be positive, got %s", t.every)
	}
	if t.own {
		return nil // it is read first
	}
	return checkpoints.CheckOutput(t.output, checkpoints.WriteOptions{Replace: t.force})
}

// trainer trains with the callbacks for its progress and its checkpoints.
type trainer func(ctx context.Context, progress func(training.Event), save func(context.Context, *checkpoints.Checkpoint) error) (*checkpoints.Checkpoint, error)

// train runs fn and saves the model; last is the state at the end. An output that
// appears meanwhile is kept, unless it may be replaced: the model is then written beside it.
func (t *target) train(cmd *cobra.Command, unit string, v *training.Validation, fn trainer) (model *checkpoints.Checkpoint, last training.Event, err error) {
	to := &saving.Saver{
		Output: t.output, Replace: t.force || t.own, Version: cli.Version(), Began: time.Now(), Title: chartTitle,
		Warn: func(format string, args ...any) { cli.Warn(cmd, format, args...) },
	}
	defer func() { t.output = to.Output }()
	progress := cli.StartProgress(cmd, "training")
	var judged atomic.Value // string: the deciding figure of the last validation
	judged.Store("")
	if v != nil {
		v.Report = func(now checkpoints.Validated, best bool) {
			judged.Store(fmt.Sprintf("  %s %s", now.Metrics[0].Name, now.Metrics[0]))
			noteValidation(cmd, now, best)
			for _, text := range v.Warnings(now) {
				cli.Warn(cmd, "%s", text)
			}
		}
	}
	model, err = fn(cmd.Context(), func(e training.Event) {
		last = e
		progress.Update(e.Progress, progressNote(e, unit, judged.Load().(string)))
	}, to.Checkpoint)
	progress.Done()
	if model == nil {
		if to.Saved != nil {
			err = fault.New(fault.Hint(err), "%w; the checkpoint of %.1f%% is in %s", err, 100*to.Saved.Done, to.Output)
		} else if t.own && errors.Is(err, training.ErrDiverged) {
			err = fault.New(fault.Hint(err), "%w; %s is unchanged", err, to.Output)
		}
		return nil, last, err
	}
	// The model is saved whether or not the training was finished.
	if err != nil {
		cli.Note(cmd, "interrupted: saving %s; interrupt again to stop without saving", to.Output)
	}
	if failed := to.Save(context.WithoutCancel(cmd.Context()), model); failed != nil {
		failed = fmt.Errorf("saving %s: %w", to.Output, failed)
		if to.Saved != nil {
			failed = fault.New(fault.Hint(failed), "%w; the checkpoint of %.1f%% is there", failed, 100*to.Saved.Done)
		}
		return nil, last, failed
	}
	if err != nil {
		return nil, last, cli.Interrupted("continue with: "+cli.CommandLine("train", "resume", cli.PathArgument(to.Output)),
			"interrupted at %.1f%%; the unfinished model is in %s", 100*model.Config.Progress.Done, to.Output)
	}
	if why := model.Config.Progress.Stopped; why != "" {
		cli.Note(cmd, "stopped early, at %.1f%%: %s", 100*model.Config.Progress.Done, why)
	}
	return model, last, nil
}

// trainWords trains a word model, judged by sets, and prints the report.
func (t *target) trainWords(cmd *cobra.Command, kind words.Kind, o words.Options, sets []*words.Set, run words.Run) error {
	o.SettleSubsample(run.Corpus.Vocabulary())
	cli.NoteSubsample(cmd, run.Corpus.Vocabulary(), o.Subsample)
	if n := words.Steps(&o); n > 1 {
		cli.Note(cmd, "the learning rate %g is high: each batch is trained in up to %d smaller steps", o.LearningRate, n)
	}
	if len(sets) > 0 {
		v, err := words.OpenValidation(cmd.Context(), sets, run.Corpus, run.Tokenizer, o.NGrams.Max > 0)
		if err != nil {
			return err
		}
		defer v.Close()
		t.watch.set(v)
		noteSets(cmd, v)
		for _, s := range sets {
			cli.WarnRecords(cmd, s.Unselected(), false)
		}
		run.Validation = v
	}
	run.SaveEvery = t.every
	model, last, err := t.train(cmd, "words", run.Validation, func(ctx context.Context, progress func(training.Event), save func(context.Context, *checkpoints.Checkpoint) error) (*checkpoints.Checkpoint, error) {
		run.Progress, run.Save = progress, save
		return kind.Train(ctx, o, run)
	})
	if err != nil {
		return err
	}
	if p := model.Config.Part; p != nil && p.Shard > 0 {
		return reportPart(cmd, t.output, "words", model, last)
	}
	cli.WarnFault(cmd, words.Shortfall(model))
	return reportWords(cmd, t.output, model, last, run.Corpus.CutAgain(), run.Validation.Readings()...)
}

// chartTitle is the title of the drawing of the loss.
func chartTitle(c *checkpoints.Checkpoint) string {
	one := checkpoints.KindOf(c.Config.Kind).Token()
	return fmt.Sprintf("%s, %s, %s", c.Config.Kind, cli.Plural(c.Vocabulary.Len(), one, one+"s"), cli.Plural(c.Config.Dim, "dimension", "dimensions"))
}

// noteValidation reports the figures of a validation.
func noteValidation(cmd *cobra.Command, v checkpoints.Validated, best bool) {
	text := ""
	for i, m := range v.Metrics {
		if text += fmt.Sprintf("  %s %s %s", m.Set, m.Name, m); i == 0 && best {
			text += " (best)"
		}
	}
	cli.Note(cmd, "epoch %.2f:%s", v.Epoch, text)
}

// progressNote is the text beside the progress bar, the most important first because a narrow
// terminal cuts off the rest. unit is "words" or "pairs".
func progressNote(e training.Event, unit, judged string) string {
	return fmt.Sprintf("%s %s/s  %s left  loss %.4f%s  lr %.5f",
		cli.Count(e.UnitsPerSecond), unit, cli.Duration(e.Remaining), e.Loss, judged, e.LearningRate)
}
