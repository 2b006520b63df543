package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/fault"
)

// ErrDiverged is returned when the loss of a block is not a finite number.
var ErrDiverged = errors.New("the loss is no longer a number")

// A Worker trains blocks, in two steps. It is used by one goroutine at a time.
type Worker interface {
	// Prepare does the part of block b of the run that does not depend on the
	// model: reading it and drawing its random numbers.
	Prepare(b int64) error
	// Train trains the block that was prepared last with learning rate lr.
	Train(lr float64) (BlockStats, error)
	Close() error
}

// BlockStats is what a worker reports of a block.
type BlockStats struct {
	Loss    float64 // summed over the targets, in nats
	Targets float64 // predictions the loss was summed over, each with its weight
	Units   int64   // words (or pairs) read
}

func (s *BlockStats) add(t BlockStats) {
	s.Loss += t.Loss
	s.Targets += t.Targets
	s.Units += t.Units
}

// mean returns the mean loss of a target, 0 when there was none.
func (s BlockStats) mean() float64 {
	if s.Targets == 0 {
		return 0
	}
	return s.Loss / s.Targets
}

// An Event tells how far a run is.
type Event struct {
	Progress       float64       // of the whole run, 0 to 1
	Epoch          int           // from 1
	Loss           float64       // mean per target since the last event of its kind, in nats
	UnitsPerSecond float64       // words (or pairs) a second of this run, all threads together
	LearningRate   float64       // now
	Elapsed        time.Duration // since the run began or was resumed
	Remaining      time.Duration // estimate
}

// Loop trains blocks with workers until all are done.
type Loop struct {
	Threads  int   // number of blocks under way at a time, at least 1
	Ordered  bool  // train the blocks one after the other, in order: same bytes at any Threads
	Blocks   int64 // blocks of the whole run
	PerEpoch int64 // blocks of an epoch
	Start    int64 // blocks done before
	Schedule autograd.LinearDecay

	NewWorker func() (Worker, error)

	// Progress, if set, is called a few times a second and once at the end,
	// never by two goroutines at once.
	Progress func(Event)
	// Log, if set, is called each time another two-hundredth of the blocks is
	// done, never by two goroutines at once: at the same places in every run.
	Log func(Event)
	// Save, if set, is called every SaveEvery while no worker runs, with the
	// number of blocks done. Its error ends the run, unless ctx has: then the run
	// ends with ctx's.
	Save      func(ctx context.Context, done int64) error
	SaveEvery time.Duration
}

// Outcome is how a run ended.
type Outcome struct {
	Done    int64         // blocks done, those before Start included
	Elapsed time.Duration // of this run
	Units   int64         // words (or pairs) of this run
	Loss    float64       // mean per target over the last epoch's length of blocks that this run did
}

const (
	eventEvery = 250 * time.Millisecond
	logLines   = 200 // of a whole run
)

// Run trains until every block is done or ctx is. When ctx ends first, the
// blocks under way are finished and Run returns ctx's error with an Outcome
// that says where it stopped.
func (l *Loop) Run(ctx context.Context) (Outcome, error) {
	r := &run{Loop: l, began: time.Now()}
	r.next.Store(l.Start)
	r.done.Store(l.Start)
	workers := make([]Worker, l.workers())
	defer func() {
		for _, w := range workers {
			if w != nil {
				w.Close()
			}
		}
	}()
	for i := range workers {
		w, err := l.NewWorker()
		if err != nil {
			return Outcome{Done: l.Start}, err
		}
		workers[i] = w
	}

	stop := r.report()
	err := func() error {
		defer stop() // also when a worker panics: pool hands the panic on
		return r.legs(ctx, workers)
	}()
	return Outcome{
		Done:    r.done.Load(),
		Elapsed: time.Since(r.began),
		Units:   r.total.Units,
		Loss:    r.last.mean(),
	}, err
}

// run is the state of one Run.
type run struct {
	*Loop
	began time.Time
	next  atomic.Int64 // block to hand out
	done  atomic.Int64 // blocks finished

	mu       sync.Mutex
	total    BlockStats // of this run
	recent   BlockStats // since the last Progress
	unlogged BlockStats // since the last Log
	last     BlockStats // of the last epoch's length of blocks
}

// legs runs leg after leg, with a save between them.
func (r *run) legs(ctx context.Context, workers []Worker) error {
	for {
		var deadline time.Time
		if r.Save != nil && r.SaveEvery > 0 {
			deadline = time.Now().Add(r.SaveEvery)
		}
		if err := r.leg(ctx, workers, deadline); err != nil {
			return err
		}
		if r.done.Load() >= r.Blocks {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.Save(ctx, r.done.Load()); err != nil {
			if ctx.Err() != nil { // cut short, not failed: the run stands as it would without the save
				return ctx.Err()
			}
			return fmt.Errorf("checkpoint at %.1f%%: %w", 100*float64(r.done.Load())/float64(r.Blocks), err)
		}
	}
}

// leg hands out blocks until none is left, ctx ends, a worker fails or the
// deadline, if there is one, has passed. Every worker does at least one block, so
// that saves which come too often slow a run down but do not stop it.
func (r *run) leg(ctx context.Context, workers []Worker, deadline time.Time) error {
	if r.Ordered && r.Threads > 1 {
		return r.orderedLeg(ctx, workers, deadline)
	}
	p := pool.New().WithErrors().WithFirstError().WithContext(context.WithoutCancel(ctx)).WithCancelOnError()
	for _, w := range workers {
		p.Go(func(failed context.Context) error {
			for first := true; ctx.Err() == nil && failed.Err() == nil; first = false {
				if !first && !deadline.IsZero() && !time.Now().Before(deadline) {
					return nil
				}
				b := r.next.Add(1) - 1
				if b >= r.Blocks {
					r.next.Add(-1)
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

// train trains block b, which w has prepared, and counts it.
func (r *run) train(w Worker, b int64) error {
	lr := r.Schedule.At(float64(b) / float64(r.Blocks))
	s, err := w.Train(lr)
	if err != nil {
		return err
	}
	if math.IsNaN(s.Loss) || math.IsInf(s.Loss, 0) {
		return fault.New("lower the learning rate", "training diverged at block %d of %d with learning rate %.3g: %w", b+1, r.Blocks, lr, ErrDiverged)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total.add(s)
	r.recent.add(s)
	r.unlogged.add(s)
	if b >= r.Blocks-r.PerEpoch {
		r.last.add(s)
	}
	done := r.done.Add(1)
	if every := max(1, r.Blocks/logLines); r.Log != nil && (done%every == 0 || done == r.Blocks) {
		r.Log(r.event(r.unlogged))
		r.unlogged = BlockStats{}
	}
	return nil
}

// report calls Progress until the function it returns is called.
func (r *run) report() (stop func()) {
	if r.Progress == nil {
		return func() {}
	}
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(eventEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.progress()
			case <-quit:
				r.progress()
				return
			}
		}
	}()
	return func() { close(quit); <-ended }
}

func (r *run) progress() {
	r.mu.Lock()
	e := r.event(r.recent)
	r.recent = BlockStats{}
	r.mu.Unlock()
	r.Progress(e)
}

// event describes the run now, with the loss of since; r.mu is held.
func (r *run) event(since BlockStats) Event {
	// A coarse clock may not have moved yet; a rate that is infinite is no JSON.
	done, elapsed := r.done.Load(), max(time.Since(r.began), time.Microsecond)
	e := Event{
		Progress:       float64(done) / float64(r.Blocks),
		Epoch:          int(max(done-1, 0)/r.PerEpoch) + 1,
		Loss:           since.mean(),
		UnitsPerSecond: float64(r.total.Units) / elapsed.Seconds(),
		LearningRate:   r.Schedule.At(float64(done) / float64(r.Blocks)),
		Elapsed:        elapsed,
	}
	if done > r.Start {
		e.Remaining = time.Duration(float64(elapsed) / float64(done-r.Start) * float64(r.Blocks-done))
	}
	return e
}
