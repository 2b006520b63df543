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

// A Worker trains blocks. It is used by one goroutine at a time.
type Worker interface {
	// Block trains block b of the run with learning rate lr.
	Block(b int64, lr float64) (BlockStats, error)
	Close() error
}

// BlockStats is what a worker reports of a block.
type BlockStats struct {
	Loss    float64 // summed over the targets, in nats
	Targets int64   // predictions the loss was summed over
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
	return s.Loss / float64(s.Targets)
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
	Threads  int   // number of workers, at least 1
	Blocks   int64 // blocks of the whole run
	PerEpoch int64 // blocks of an epoch
	Start    int64 // blocks done before
	Sums     Sums  // of those; zero at the start of a run
	Schedule autograd.LinearDecay

	NewWorker func() (Worker, error)

	// Progress, if set, is called a few times a second and once at the end,
	// never by two goroutines at once.
	Progress func(Event)
	// Log, if set, is called each time another two-hundredth of the blocks is
	// done, never by two goroutines at once: at the same places in every run.
	Log func(Event)
	// Save, if set, is called while no worker runs: every SaveEvery, and at the
	// end of an epoch unless the last call was so recent that saving would take
	// more than a twentieth of the time. Its error ends the run, unless ctx has:
	// then the run ends with ctx's.
	Save      func(ctx context.Context, so Outcome) error
	SaveEvery time.Duration
	// Check, if set, is called while no worker runs, at the places that CheckAt
	// names and, if CheckEvery is not 0, at least that often; always before Save
	// at the same place. With stop the run ends there, as if it were done. Its
	// error ends the run as Save's does.
	Check      func(ctx context.Context, so Outcome) (stop bool, err error)
	CheckAt    func(done int64) int64 // the first place after done, in blocks; needed by Check
	CheckEvery time.Duration
	Checked    int64 // place of the last check before Start; a place that was not checked is checked first
}

// Sums are the sums that a run which goes on needs of the one before it, so
// that its figures are those of a run that was not cut.
type Sums struct {
	Epoch    BlockStats // of the epoch that the last block belongs to
	Unlogged BlockStats // since the last Log
}

// Outcome is how a run stands, or ended.
type Outcome struct {
	Done    int64         // blocks done, those before Start included
	Elapsed time.Duration // of this run
	Units   int64         // words (or pairs) of this run
	Loss    float64       // mean per target over the epoch that the last block belongs to, in nats
	Sums    Sums
}

const (
	eventEvery = 250 * time.Millisecond
	logLines   = 200 // of a whole run
	saveShare  = 20  // training takes so many times as long as the saves at the ends of epochs
)

// Run trains until every block is done, a check says stop or ctx is done. When
// ctx ends first, the blocks under way are finished and Run returns ctx's error
// with an Outcome that says where it stopped.
func (l *Loop) Run(ctx context.Context) (Outcome, error) {
	r := newRun(l)
	workers := make([]Worker, l.Threads)
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
	return r.outcome(), err
}

// run is the state of one Run.
type run struct {
	*Loop
	began    time.Time
	done     atomic.Int64 // blocks finished
	saved    time.Time    // end of the last Save, or began
	saveTook time.Duration
	checked  time.Time // end of the last Check, or began

	hand  sync.Mutex // guards what follows, until mu
	next  int64      // block to hand out
	until int64      // where the leg ends
	from  int64      // where it began

	mu       sync.Mutex
	total    BlockStats    // of this run
	recent   BlockStats    // since the last Progress
	unlogged BlockStats    // since the last Log
	epochs   [2]BlockStats // of the two epochs that blocks under way may belong to, by epoch modulo 2
	epochOf  [2]int64
}

func newRun(l *Loop) *run {
	r := &run{Loop: l, began: time.Now(), next: l.Start, unlogged: l.Sums.Unlogged}
	r.saved, r.checked = r.began, r.began
	r.done.Store(l.Start)
	e := r.epoch(l.Start)
	r.epochs[e%2], r.epochOf[e%2] = l.Sums.Epoch, e
	return r
}

// epoch returns the epoch, from 0, that the last of so many blocks belongs to.
func (r *run) epoch(done int64) int64 { return max(done-1, 0) / r.PerEpoch }

func (r *run) outcome() Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	done := r.done.Load()
	o := Outcome{Done: done, Elapsed: time.Since(r.began), Units: r.total.Units}
	if e := r.epoch(done); r.epochOf[e%2] == e {
		o.Sums.Epoch = r.epochs[e%2]
	}
	o.Loss = o.Sums.Epoch.mean()
	o.Sums.Unlogged = r.unlogged
	return o
}

// legs runs leg after leg, with checks and saves between them.
func (r *run) legs(ctx context.Context, workers []Worker) error {
	for {
		if r.checkDue() {
			if err := ctx.Err(); err != nil {
				return err
			}
			stop, err := r.Check(ctx, r.outcome())
			if err != nil {
				return r.between(ctx, "validation", err)
			}
			r.Checked, r.checked = r.done.Load(), time.Now()
			if stop {
				return nil
			}
		}
		if r.done.Load() >= r.Blocks {
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
			r.saved = time.Now()
			r.saveTook = r.saved.Sub(began)
		}
		if err := r.leg(ctx, workers); err != nil {
			return err
		}
	}
}

// between wraps the error of what is done between two legs. Once ctx has ended
// that was cut short and has not failed: the run stands as it would without it.
func (r *run) between(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%s at %.1f%%: %w", what, 100*float64(r.done.Load())/float64(r.Blocks), err)
}

// checkDue says whether to check here.
func (r *run) checkDue() bool {
	done := r.done.Load()
	if r.Check == nil || done <= r.Checked {
		return false
	}
	return r.CheckAt(done-1) == done || done >= r.Blocks || r.CheckEvery > 0 && done > r.Start && time.Since(r.checked) >= r.CheckEvery
}

// saveDue says whether to save when so many blocks are done.
func (r *run) saveDue(done int64) bool {
	if r.Save == nil || done <= r.Start {
		return false
	}
	since := time.Since(r.saved)
	return r.SaveEvery > 0 && since >= r.SaveEvery || done%r.PerEpoch == 0 && since >= saveShare*r.saveTook
}

// leg hands out blocks until the next check or the end of the run, until ctx
// ends, a worker fails, or it is time for a check or a save. Every worker does at
// least one block before that time ends the leg, so that saves which come too
// often slow a run down but do not stop it.
func (r *run) leg(ctx context.Context, workers []Worker) error {
	r.from, r.until = r.next, r.Blocks
	if r.Check != nil {
		r.until = min(r.until, r.CheckAt(r.from))
	}
	p := pool.New().WithErrors().WithFirstError().WithContext(context.WithoutCancel(ctx)).WithCancelOnError()
	for _, w := range workers {
		p.Go(func(failed context.Context) error {
			for first := true; ctx.Err() == nil && failed.Err() == nil; first = false {
				b, ok := r.take(first)
				if !ok {
					return nil
				}
				if err := r.block(w, b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return p.Wait()
}

// take returns the next block of the leg, false when the leg is over for the
// worker that asks.
func (r *run) take(first bool) (b int64, ok bool) {
	r.hand.Lock()
	defer r.hand.Unlock()
	b = r.next
	if b > r.from && b < r.until && b%r.PerEpoch == 0 && r.saveDue(b) {
		r.until = b // for all: what is saved is the end of the epoch
	}
	late := func(since time.Time, every time.Duration) bool { return every > 0 && time.Since(since) >= every }
	if b >= r.until || !first && (r.Save != nil && late(r.saved, r.SaveEvery) || r.Check != nil && late(r.checked, r.CheckEvery)) {
		return 0, false
	}
	r.next++
	return b, true
}

func (r *run) block(w Worker, b int64) error {
	lr := r.Schedule.At(float64(b) / float64(r.Blocks))
	s, err := w.Block(b, lr)
	if err != nil {
		return err
	}
	if math.IsNaN(s.Loss) || math.IsInf(s.Loss, 0) {
		return fault.New("lower the learning rate", "training diverged at step %d of %d, in epoch %d, with learning rate %.3g: %w",
			b+1, r.Blocks, b/r.PerEpoch+1, lr, ErrDiverged)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total.add(s)
	r.recent.add(s)
	r.unlogged.add(s)
	e := b / r.PerEpoch
	if r.epochOf[e%2] < e {
		r.epochs[e%2], r.epochOf[e%2] = BlockStats{}, e
	}
	if r.epochOf[e%2] == e {
		r.epochs[e%2].add(s)
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
		Epoch:          int(r.epoch(done)) + 1,
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
