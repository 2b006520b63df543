package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/fault"
)

// ErrDiverged is wrapped by the error of a run whose loss is not a finite number, or far above
// that of an untrained model.
var ErrDiverged = errors.New("training diverged")

const hintDiverged = "lower LearningRate"

// farAbove is how many times the loss of an untrained model a block may lose. Scores that are
// all zero lose as much as an untrained model; a model that learns never comes near this, and
// one that passes it does not return.
const farAbove = 5

// A Worker trains blocks in two steps. One goroutine at a time uses it.
type Worker interface {
	// Prepare does the part of block b of the run that does not depend on the
	// model: reading it and drawing its random numbers.
	Prepare(b int64) error
	// Train trains the block that was prepared last, at learning rate lr.
	Train(lr float64) (BlockStats, error)
	Close() error
}

// BlockStats is what a worker reports about a block.
type BlockStats struct {
	Loss    float64 // summed over the targets, in nats
	Targets float64 // predictions the loss was summed over, each with its weight
	Units   int64   // words (or pairs) read
}

// Add adds the stats of another block.
func (s *BlockStats) Add(t BlockStats) {
	s.Loss += t.Loss
	s.Targets += t.Targets
	s.Units += t.Units
}

// Mean returns the mean loss of a target, 0 when there was none.
func (s BlockStats) Mean() float64 {
	if s.Targets == 0 {
		return 0
	}
	return s.Loss / s.Targets
}

// An Event is the progress of a run.
type Event struct {
	Progress       float64       // share of the whole run, 0 to 1
	Epoch          int           // epoch, from 1
	Loss           float64       // mean per target since the last event of its kind, in nats
	UnitsPerSecond float64       // words (or pairs) per second in this run, by all threads, not counting the time of saves and checks
	LearningRate   float64       // current learning rate
	Elapsed        time.Duration // time since the run started or was resumed
	Remaining      time.Duration // estimated time left
}

// Loop trains blocks with workers until all are done.
type Loop struct {
	Threads  int   // blocks trained at a time, at least 1
	Ordered  bool  // train the blocks one after the other, in order: same bytes at any Threads
	Blocks   int64 // blocks of the whole run, which the schedule covers
	PerEpoch int64 // blocks of an epoch
	Start    int64 // blocks done before
	End      int64 // where the run ends; default 0: at Blocks
	Sums     Sums  // sums of those blocks; zero at the start of a run
	Schedule autograd.Schedule

	Untrained float64 // loss of a target by a model that has learned nothing, in nats; default 0: not known
	Try       float64 // learning rate to suggest if the run diverges; default 0: none

	NewWorker func() (Worker, error)

	// Progress, if set, is called a few times a second and once at the end,
	// never by two goroutines at once.
	Progress func(Event)
	// Log, if set, is called each time another two-hundredth of the blocks is
	// done, never by two goroutines at once: at the same places in every run.
	Log func(Event)
	// Save, if set, is called while no worker runs: every SaveEvery, and at the
	// end of an epoch unless the last call was so recent that saving would take
	// more than a twentieth of the time. Its error ends the run, unless ctx has ended:
	// then the run returns ctx's error.
	Save      func(ctx context.Context, so Outcome) error
	SaveEvery time.Duration
	// Check, if set, is called while no worker runs, at the places that CheckAt
	// returns and, if CheckEvery is not 0, at least that often; always before Save
	// at the same place. If it returns stop, the run ends there, as if it were done. Its
	// error ends the run like that of Save.
	Check      func(ctx context.Context, so Outcome) (stop bool, err error)
	CheckAt    func(done int64) int64 // returns the first position after done, in blocks; needed by Check
	CheckEvery time.Duration
	Checked    int64 // position of the last check before Start; a position that was not checked is checked first
}

// Sums holds what a resumed run needs from the run before it, so that its figures equal those
// of an uninterrupted run.
type Sums struct {
	Epoch    BlockStats // stats of the epoch that the last block belongs to
	Unlogged BlockStats // stats since the last Log
}

// Outcome is the state of a run, at its end or before.
type Outcome struct {
	Done    int64         // blocks done, those before Start included
	Elapsed time.Duration // time of this run
	Units   int64         // words (or pairs) of this run
	Loss    float64       // mean per target over the epoch that the last block belongs to, in nats
	Sums    Sums
}

const (
	eventEvery = 250 * time.Millisecond
	logLines   = 200 // lines of a whole run
	saveShare  = 20  // training takes at least this many times as long as the saves at the ends of epochs
)

// Run trains until every block is done, a check returns stop or ctx ends. When
// ctx ends first, Run finishes the blocks being trained and returns ctx's error
// with an Outcome that says where it stopped.
func (l *Loop) Run(ctx context.Context) (Outcome, error) {
	if l.End == 0 {
		l.End = l.Blocks
	}
	r := newRun(l)
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
		defer stop() // also when a worker panics: pool propagates the panic
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
	paused   time.Duration // in saves and checks
	total    BlockStats    // of this run
	recent   BlockStats    // since the last Progress
	unlogged BlockStats    // since the last Log
	epochs   [2]BlockStats // of the two epochs that blocks being trained may belong to, by epoch modulo 2
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

// epoch returns the epoch, from 0, that the last of the done blocks belongs to.
func (r *run) epoch(done int64) int64 { return max(done-1, 0) / r.PerEpoch }

func (r *run) outcome() Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	done := r.done.Load()
	o := Outcome{Done: done, Elapsed: time.Since(r.began), Units: r.total.Units}
	if e := r.epoch(done); r.epochOf[e%2] == e {
		o.Sums.Epoch = r.epochs[e%2]
	}
	o.Loss = o.Sums.Epoch.Mean()
	o.Sums.Unlogged = r.unlogged
	return o
}

// train trains block b, which w has prepared, and counts it.
func (r *run) train(w Worker, b int64) error {
	lr := r.Schedule.At(float64(b) / float64(r.Blocks))
	s, err := w.Train(lr)
	if err != nil {
		return err
	}
	if why := r.diverged(s); why != "" {
		return fault.Mention(r.hint(), "%w at step %d of %d, in epoch %d, with learning rate %.3g: the loss is %s",
			ErrDiverged, b+1, r.Blocks, b/r.PerEpoch+1, lr, why)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total.Add(s)
	r.recent.Add(s)
	r.unlogged.Add(s)
	e := b / r.PerEpoch
	if r.epochOf[e%2] < e {
		r.epochs[e%2], r.epochOf[e%2] = BlockStats{}, e
	}
	if r.epochOf[e%2] == e {
		r.epochs[e%2].Add(s)
	}
	done := r.done.Add(1)
	if every := max(1, r.Blocks/logLines); r.Log != nil && (done%every == 0 || done == r.End) {
		r.Log(r.event(r.unlogged))
		r.unlogged = BlockStats{}
	}
	return nil
}

// diverged returns what is wrong with the loss of a block, "" if nothing is.
func (l *Loop) diverged(s BlockStats) string {
	switch mean := s.Mean(); {
	case math.IsNaN(s.Loss) || math.IsInf(s.Loss, 0):
		return "no longer finite"
	case l.Untrained > 0 && mean > farAbove*l.Untrained:
		return fmt.Sprintf("%.4g, far above the %.4g of an untrained model", mean, l.Untrained)
	}
	return ""
}

// hint says what to do when the run diverges.
func (l *Loop) hint() string {
	if l.Try == 0 {
		return hintDiverged
	}
	return fmt.Sprintf("%s, for example to %.2g", hintDiverged, l.Try)
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
	// A coarse clock may not have moved yet; an infinite rate is not valid JSON.
	done, elapsed := r.done.Load(), max(time.Since(r.began), time.Microsecond)
	e := Event{
		Progress:       float64(done) / float64(r.Blocks),
		Epoch:          int(r.epoch(done)) + 1,
		Loss:           since.Mean(),
		UnitsPerSecond: float64(r.total.Units) / max(elapsed-r.paused, time.Microsecond).Seconds(),
		LearningRate:   r.Schedule.At(float64(done) / float64(r.Blocks)),
		Elapsed:        elapsed,
	}
	if done > r.Start {
		e.Remaining = time.Duration(float64(elapsed) / float64(done-r.Start) * float64(r.End-done))
	}
	return e
}
