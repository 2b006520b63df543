package training

import (
	"context"
	"fmt"
	"time"

	"github.com/sourcegraph/conc/pool"
)

// legs runs leg after leg, with checks and saves between them.
func (r *run) legs(ctx context.Context, workers []Worker) error {
	for {
		if r.checkDue() {
			if err := ctx.Err(); err != nil {
				return err
			}
			began := time.Now()
			stop, err := r.Check(ctx, r.outcome())
			if err != nil {
				return r.between(ctx, "validation", err)
			}
			r.Checked = r.done.Load()
			r.checked = r.pausedSince(began)
			if stop {
				return nil
			}
		}
		if r.done.Load() >= r.End {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.saveDue(r.done.Load()) {
			began := time.Now()
			if err := r.Save(ctx, r.outcome()); err != nil {
				return r.between(ctx, "checkpoint", err)
			}
			r.saved = r.pausedSince(began)
			r.saveTook = r.saved.Sub(began)
		}
		if err := r.leg(ctx, workers); err != nil {
			return err
		}
	}
}

// pausedSince adds the time since began to the time without training, and returns
// the current time.
func (r *run) pausedSince(began time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.paused += now.Sub(began)
	return now
}

// between wraps the error of a step between two legs. If ctx has ended, the step was
// interrupted and did not fail: the result is the error of ctx.
func (r *run) between(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%s at %.1f%%: %w", what, 100*float64(r.done.Load())/float64(r.Blocks), err)
}

// checkDue reports whether to check here.
func (r *run) checkDue() bool {
	done := r.done.Load()
	if r.Check == nil || done <= r.Checked {
		return false
	}
	return r.CheckAt(done-1) == done || done >= r.End || r.CheckEvery > 0 && done > r.Start && time.Since(r.checked) >= r.CheckEvery
}

// saveDue reports whether to save when the given number of blocks is done.
func (r *run) saveDue(done int64) bool {
	if r.Save == nil || done <= r.Start {
		return false
	}
	since := time.Since(r.saved)
	return r.SaveEvery > 0 && since >= r.SaveEvery || done%r.PerEpoch == 0 && since >= saveShare*r.saveTook
}

// leg hands out blocks until the next check or the end of the run, until ctx ends, a worker
// fails, or it is time for a check or a save. Every worker does at least one block before time
// ends the leg, so that too frequent saves slow a run down but do not stop it.
func (r *run) leg(ctx context.Context, workers []Worker) error {
	r.from, r.until = r.next, r.End
	if r.Check != nil {
		r.until = min(r.until, r.CheckAt(r.from))
	}
	if r.Ordered && r.Threads > 1 {
		return r.orderedLeg(ctx, workers)
	}
	p := pool.New().WithErrors().WithFirstError().WithContext(context.WithoutCancel(ctx)).WithCancelOnError()
	for _, w := range workers {
		p.Go(func(failed context.Context) error {
			for first := true; ctx.Err() == nil && failed.Err() == nil; first = false {
				b, ok := r.take(first)
				if !ok {
					return nil
				}
				if err := w.Prepare(b); err != nil {
					return err
				}
				if err := r.train(w, b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return p.Wait()
}

// take returns the next block of the leg, or false if the leg is over for the
// calling worker.
func (r *run) take(first bool) (b int64, ok bool) {
	r.hand.Lock()
	defer r.hand.Unlock()
	b = r.next
	if b > r.from && b < r.until && b%r.PerEpoch == 0 && r.saveDue(b) {
		r.until = b // for all workers, so that the end of the epoch is saved
	}
	late := func(since time.Time, every time.Duration) bool { return every > 0 && time.Since(since) >= every }
	if b >= r.until || !first && (r.Save != nil && late(r.saved, r.SaveEvery) || r.Check != nil && late(r.checked, r.CheckEvery)) {
		return 0, false
	}
	r.next++
	return b, true
}
