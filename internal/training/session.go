package training

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
)

// Session is what a run of any trainer keeps beside its model: its position, its
// log and its validation, and how these are stored in a checkpoint and restored.
type Session struct {
	Kind     string // name of the objective, as in config.json and in errors
	Blocks   int64  // blocks of the whole run
	PerEpoch int64  // blocks of an epoch
	Epochs   int
	Units    int64  // words or pairs of an epoch
	Unit     string // their name in the log: "words" or "pairs"

	Untrained float64 // loss of a target by a model that has learned nothing, in nats; 0: not known

	// Model returns the current model and the state of the trainer, without
	// progress, validation and log. Its tensors may be the live ones.
	Model func() *checkpoints.Checkpoint
	// HeldOut measures the loss on a set of text; nil if there are no such sets.
	HeldOut func(context.Context, ValidationSet) (checkpoints.Metric, error)

	Progress  func(Event)                                          // see words.Run
	Save      func(context.Context, *checkpoints.Checkpoint) error // see words.Run
	SaveEvery time.Duration

	// End is where the run ends, if that is before its last block: a round of training that is
	// divided among processes. Default 0: at Blocks.
	End int64

	start   int64   // blocks done before this run
	sums    Sums    // of these blocks
	spent   float64 // seconds
	stopped string  // why the run ended before its last block
	watcher *watcher

	mu   sync.Mutex   // guards the fields below: events come from other goroutines
	log  bytes.Buffer // training/log.jsonl
	loss float64      // of the last event that had one
}

// Resume restores the position of the run of a checkpoint.
func (s *Session) Resume(c *checkpoints.Checkpoint) {
	p := c.Config.Progress
	s.start, s.spent = p.Blocks, p.Seconds
	s.sums.Epoch.Loss, s.sums.Epoch.Targets = p.EpochSum.Loss, p.EpochSum.Targets
	s.sums.Unlogged.Loss, s.sums.Unlogged.Targets = p.LogSum.Loss, p.LogSum.Targets
	s.loss = p.Loss
	s.log.Write(c.Log)
}

// Run runs a loop, of which only the work is set, and returns the checkpoint.
// When ctx ends first, it returns the unfinished checkpoint together with ctx's error.
func (s *Session) Run(ctx context.Context, loop Loop) (*checkpoints.Checkpoint, error) {
	loop.Blocks, loop.PerEpoch, loop.Start, loop.End, loop.Sums = s.Blocks, s.PerEpoch, s.start, s.End, s.sums
	loop.Progress, loop.Log = s.progress, s.record
	if loop.SaveEvery = s.SaveEvery; loop.SaveEvery == 0 {
		loop.SaveEvery = 5 * time.Minute
	}
	if s.Save != nil {
		loop.Save = func(ctx context.Context, so Outcome) error {
			return s.Save(ctx, s.checkpoint(so, false))
		}
	}
	if w := s.watcher; w != nil {
		every := w.Every.over(s.Units)
		loop.Check, loop.CheckAt, loop.CheckEvery = s.check, every.at(loop.PerEpoch), every.Time
		if w.record.Last != nil {
			loop.Checked = w.record.Last.Blocks
		}
	}
	outcome, err := loop.Run(ctx)
	// A block that failed leaves half an update behind, or numbers that are not finite, so no
	// checkpoint is made, even if ctx has ended meanwhile.
	if err != nil && (ctx.Err() == nil || !errors.Is(err, ctx.Err())) {
		return nil, fmt.Errorf("%s: %w", s.Kind, err)
	}
	return s.checkpoint(outcome, err == nil && (s.End == 0 || s.End == s.Blocks || s.stopped != "")), err
}

// Begin sets the position of a run that does not begin at its first block.
func (s *Session) Begin(start int64) { s.start = start }

// checkpoint returns the current state of the run; a finished run has the best model,
// if that is to be kept.
func (s *Session) checkpoint(out Outcome, finished bool) *checkpoints.Checkpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.Model()
	loss := out.Loss
	if loss == 0 {
		loss = s.loss
	}
	c.Config.Created = time.Now().UTC().Format(time.RFC3339)
	c.Config.Progress = checkpoints.Progress{
		Done:        float64(out.Done) / float64(s.Blocks),
		Blocks:      out.Done,
		TotalBlocks: s.Blocks,
		Epoch:       int(out.Done / s.PerEpoch),
		Epochs:      s.Epochs,
		Loss:        loss,
		Untrained:   s.Untrained,
		Seconds:     s.spent + out.Elapsed.Seconds(),
		Finished:    finished,
		Stopped:     s.stopped,
		EpochSum:    checkpoints.LossSum{Loss: out.Sums.Epoch.Loss, Targets: out.Sums.Epoch.Targets},
		LogSum:      checkpoints.LossSum{Loss: out.Sums.Unlogged.Loss, Targets: out.Sums.Unlogged.Targets},
	}
	c.Log = bytes.Clone(s.log.Bytes())
	if s.watcher != nil {
		s.watcher.put(c)
	}
	return c
}
