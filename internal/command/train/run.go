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
	"github.com/luminavec/luminavec/sentence"
)

// saver is where a training is saved.
type saver struct {
	cmd     *cobra.Command
	output  string
	replace bool // what is at output may be replaced
}

// start returns what saves a training that begins now.
func (s *saver) start() *saving.Saver {
	return &saving.Saver{
		Output: s.output, Replace: s.replace, Version: cli.Version(), Began: time.Now(),
		Warn: func(format string, args ...any) { cli.Warn(s.cmd, format, args...) },
		Title: func(c *checkpoints.Checkpoint) string {
			one, many := "word", "words"
			if c.Config.Kind == sentence.Kind {
				one, many = "token", "tokens"
			}
			return fmt.Sprintf("%s, %s, %s", c.Config.Kind, cli.Plural(c.Vocabulary.Len(), one, many), cli.Plural(c.Config.Dim, "dimension", "dimensions"))
		},
	}
}

// noteValidation reports the figures of a validation.
func noteValidation(cmd *cobra.Command, v checkpoints.Validated, best bool) {
	text := ""
	for i, m := range v.Metrics {
		if text += fmt.Sprintf("  %s %s %.4f", m.Set, m.Name, m.Value); i == 0 && best {
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

// learning is a training of any kind that writes a folder.
type learning struct {
	saver
	unit       string // "words" or "pairs"
	validation *training.Validation
	last       training.Event
}

// run runs fn, with the callbacks for its progress and its checkpoints, and saves the
// model. An existing output is kept unless replace is set.
func (l *learning) run(fn func(ctx context.Context, progress func(training.Event), save func(context.Context, *checkpoints.Checkpoint) error) (*checkpoints.Checkpoint, error)) (*checkpoints.Checkpoint, error) {
	cmd := l.cmd
	to := l.start()
	defer func() { l.output = to.Output }()
	progress := cli.StartProgress(cmd, "training")
	var judged atomic.Value // string: the deciding figure of the last validation
	judged.Store("")
	tell := func(e training.Event) {
		l.last = e
		progress.Update(e.Progress, progressNote(e, l.unit, judged.Load().(string)))
	}
	if v := l.validation; v != nil {
		v.Report = func(now checkpoints.Validated, best bool) {
			judged.Store(fmt.Sprintf("  %s %.4f", now.Metrics[0].Name, now.Metrics[0].Value))
			noteValidation(cmd, now, best)
		}
	}
	model, err := fn(cmd.Context(), tell, to.Checkpoint)
	progress.Done()
	if model == nil {
		if to.Saved != nil {
			err = fault.New(fault.Hint(err), "%w; the checkpoint of %.1f%% is in %s", err, 100*to.Saved.Done, to.Output)
		}
		return nil, err
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
		return nil, failed
	}
	if err != nil {
		return nil, cli.Interrupted("continue with: "+cli.CommandLine("train", "resume", cli.PathArgument(to.Output)),
			"interrupted at %.1f%%; the model as it stands is in %s", 100*model.Config.Progress.Done, to.Output)
	}
	if why := model.Config.Progress.Stopped; why != "" {
		cli.Note(cmd, "stopped early, at %.1f%%: %s", 100*model.Config.Progress.Done, why)
	}
	return model, nil
}

// train trains a word model into output and prints the report.
func train(cmd *cobra.Command, fn trainer, o words.Options, output string, replace bool, run words.Run) error {
	l := learning{saver: saver{cmd: cmd, output: output, replace: replace}, unit: "words", validation: run.Validation}
	model, err := l.run(func(ctx context.Context, progress func(training.Event), save func(context.Context, *checkpoints.Checkpoint) error) (*checkpoints.Checkpoint, error) {
		run.Progress, run.Save = progress, save
		return fn(ctx, o, run)
	})
	if err != nil {
		return err
	}
	if model.Config.Progress.Loss == 0 {
		cli.Warn(cmd, "nothing was learnt: no two words of a line were left after subsampling; provide more text, or use --subsample 0")
	}
	r, err := newReport(cmd.Context(), l.output, model, l.last)
	if errors.Is(err, context.Canceled) {
		return cli.Interrupted("", "interrupted after the training: the finished model is in %s", l.output)
	}
	if err != nil {
		return err
	}
	if cli.JSON(cmd) {
		return r.writeJSON(cmd.OutOrStdout())
	}
	return r.writeText(cmd.OutOrStdout())
}
