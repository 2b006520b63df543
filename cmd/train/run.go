package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/training/losscurve"
	"github.com/luminavec/luminavec/internal/words"
	"github.com/luminavec/luminavec/sentence"
)

// saver writes the checkpoints of a training into its output.
type saver struct {
	cmd     *cobra.Command
	output  string
	replace bool                  // what is at output may be replaced
	saved   *checkpoints.Progress // of the last checkpoint of this run; nil: none yet

	drawn    time.Time // when svg and png were
	svg, png []byte
}

// save writes one. Something that has appeared at the output since the training
// began, such as the model of another training, is not replaced: the model is then written
// to another name beside it.
func (s *saver) save(ctx context.Context, c *checkpoints.Checkpoint) error {
	c.Config.Version = cli.Version()
	wanted := s.output
	for n := 2; ; n++ {
		err := checkpoints.Write(ctx, s.output, c, checkpoints.WriteOptions{Replace: s.replace})
		switch {
		case err == nil:
			s.replace, s.saved = true, &c.Config.Progress
			if s.output != wanted {
				cli.Warn(s.cmd, "%s has appeared since the training began; writing the model to %s", wanted, s.output)
			}
			return nil
		case s.replace || !errors.Is(err, fs.ErrExist) || n > 99:
			return err
		}
		s.output = fmt.Sprintf("%s-%d", filepath.Clean(wanted), n)
	}
}

// drawAgain is how old the drawing in a checkpoint may be: drawing takes about as
// long as writing a small model, while the training pauses.
const drawAgain = 30 * time.Second

// draw adds a drawing of the log to a checkpoint: of the whole log if the checkpoint is the
// last, else perhaps an earlier one. If drawing fails, the model is saved without.
func (s *saver) draw(c *checkpoints.Checkpoint, last bool) {
	if last || time.Since(s.drawn) >= drawAgain {
		one, many := "word", "words"
		if c.Config.Kind == sentence.Kind {
			one, many = "token", "tokens"
		}
		title := fmt.Sprintf("%s, %s, %s", c.Config.Kind, cli.Plural(c.Vocabulary.Len(), one, many), cli.Plural(c.Config.Dim, "dimension", "dimensions"))
		var err error
		s.svg, s.png, err = losscurve.Draw(c.Log, losscurve.Options{Title: title, Epochs: float64(c.Config.Progress.Epochs)})
		if err != nil && !errors.Is(err, losscurve.ErrEmpty) {
			cli.Warn(s.cmd, "%v", err)
		}
		s.drawn = time.Now()
	}
	c.CurveSVG, c.CurvePNG = s.svg, s.png
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
	l.drawn = time.Now()
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
	// A checkpoint that cannot be written, on a disk that is full for a while,
	// does not end the training: the next one may succeed.
	save := func(ctx context.Context, c *checkpoints.Checkpoint) error {
		l.draw(c, false)
		err := l.save(ctx, c)
		if err == nil || ctx.Err() != nil {
			return err
		}
		cli.Warn(cmd, "cannot save a checkpoint at %.1f%%: %v", 100*c.Config.Progress.Done, err)
		return nil
	}
	model, err := fn(cmd.Context(), tell, save)
	progress.Done()
	if model == nil {
		if l.saved != nil {
			err = fault.New(fault.Hint(err), "%w; the checkpoint of %.1f%% is in %s", err, 100*l.saved.Done, l.output)
		}
		return nil, err
	}
	// The model is saved whether or not the training was finished.
	if err != nil {
		cli.Note(cmd, "interrupted: saving %s; interrupt again to stop without saving", l.output)
	}
	l.draw(model, true)
	if failed := l.save(context.WithoutCancel(cmd.Context()), model); failed != nil {
		failed = fmt.Errorf("saving %s: %w", l.output, failed)
		if l.saved != nil {
			failed = fault.New(fault.Hint(failed), "%w; the checkpoint of %.1f%% is there", failed, 100*l.saved.Done)
		}
		return nil, failed
	}
	if err != nil {
		return nil, cli.Interrupted("continue with: "+cli.CommandLine("train", "resume", cli.PathArgument(l.output)),
			"interrupted at %.1f%%; the model as it stands is in %s", 100*model.Config.Progress.Done, l.output)
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
