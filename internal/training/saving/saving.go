// Package saving writes the checkpoints of a training run into a model folder, each with a plot
// of the loss.
//
//	saver := &saving.Saver{Output: "model", Began: time.Now(), Title: title, Warn: warn}
//	run.Save = saver.Checkpoint // during the run: an error is a warning
//	model, err := skipgram.Train(ctx, options, run)
//	…
//	err = saver.Save(ctx, model) // at the end
//
// An output that appears while the model is trained is never overwritten: the model is then
// written beside it, to model-2.
package saving

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/plot"
)

// A Saver writes the checkpoints of one run.
type Saver struct {
	Output  string // folder to write to; it changes if something else has appeared there
	Replace bool   // whatever is at Output may be replaced
	Version string // version of the program, for the record

	Began time.Time // start of training; the first plot is drawn half a minute later

	// Title is the title of the plot of the loss.
	Title func(*checkpoints.Checkpoint) string
	// Warn is called with errors that do not end training.
	Warn func(format string, args ...any)

	Saved *checkpoints.Progress // progress of the last checkpoint written; nil: none yet

	drawn    time.Time // when svg and png were
	svg, png []byte
}

// drawAgain is the maximum age of the plot in a checkpoint: drawing it takes about as
// long as writing a small model, while training pauses.
const drawAgain = 30 * time.Second

// Save writes the last checkpoint of a run. If something has appeared at Output since training
// started, such as the model of another run, it is not replaced: the model is written beside it
// under another name.
func (s *Saver) Save(ctx context.Context, c *checkpoints.Checkpoint) error {
	s.draw(c, true)
	return s.write(ctx, c)
}

// Checkpoint writes a checkpoint while training pauses. If it cannot be written, for example
// because the disk is temporarily full, the error is reported to Warn and training continues:
// the next checkpoint may succeed.
func (s *Saver) Checkpoint(ctx context.Context, c *checkpoints.Checkpoint) error {
	s.draw(c, false)
	err := s.write(ctx, c)
	if err == nil || ctx.Err() != nil {
		return err
	}
	s.Warn("cannot save a checkpoint at %.1f%%: %v", 100*c.Config.Progress.Done, err)
	return nil
}

func (s *Saver) write(ctx context.Context, c *checkpoints.Checkpoint) error {
	c.Config.Version = s.Version
	wanted := s.Output
	for n := 2; ; n++ {
		err := checkpoints.Write(ctx, s.Output, c, checkpoints.WriteOptions{Replace: s.Replace})
		switch {
		case err == nil:
			s.Replace, s.Saved = true, &c.Config.Progress
			if s.Output != wanted {
				s.Warn("%s has appeared since training started; writing the model to %s", wanted, s.Output)
			}
			return nil
		case s.Replace || !errors.Is(err, fs.ErrExist) || n > 99:
			return err
		}
		s.Output = fmt.Sprintf("%s-%d", filepath.Clean(wanted), n)
	}
}

// draw adds a plot of the log to a checkpoint: of the whole log if the checkpoint is the
// last, otherwise perhaps an earlier plot. If drawing fails, the model is saved without it.
func (s *Saver) draw(c *checkpoints.Checkpoint, last bool) {
	if s.drawn.IsZero() {
		s.drawn = s.Began
	}
	if last || time.Since(s.drawn) >= drawAgain {
		var err error
		s.svg, s.png, err = plot.Training(c.Log, plot.TrainingOptions{Title: s.Title(c), Epochs: float64(c.Config.Progress.Epochs)})
		if err != nil && !errors.Is(err, plot.ErrEmpty) {
			s.Warn("%v", err)
		}
		s.drawn = time.Now()
	}
	c.CurveSVG, c.CurvePNG = s.svg, s.png
}
