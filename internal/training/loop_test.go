package training

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/internal/fault"
)

// fakeWorker records the blocks it is given.
type fakeWorker struct {
	fn     func(b int64, lr float64) (BlockStats, error)
	closed *int
	block  int64
}

func (w *fakeWorker) Prepare(b int64) error                { w.block = b; return nil }
func (w *fakeWorker) Train(lr float64) (BlockStats, error) { return w.fn(w.block, lr) }
func (w *fakeWorker) Close() error                         { *w.closed++; return nil }

// loopOf returns a loop of n blocks, 10 to an epoch, over workers that call fn.
func loopOf(n int64, threads int, closed *int, fn func(b int64, lr float64) (BlockStats, error)) *Loop {
	return &Loop{
		Threads: threads, Blocks: n, PerEpoch: 10,
		Schedule:  autograd.LinearDecay{Start: 1, End: 0},
		NewWorker: func() (Worker, error) { return &fakeWorker{fn: fn, closed: closed}, nil },
	}
}

func TestLoopDoesEveryBlockOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 7} {
		var mu sync.Mutex
		var seen []int64
		closed := 0
		l := loopOf(50, threads, &closed, func(b int64, lr float64) (BlockStats, error) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, b)
			if want := 1 - float64(b)/50; math.Abs(lr-want) > 1e-12 {
				t.Errorf("block %d: learning rate %g, want %g", b, lr, want)
			}
			return BlockStats{Loss: float64(b), Targets: 2, Units: 3}, nil
		})
		l.Start = 20
		out, err := l.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(seen)
		if len(seen) != 30 || seen[0] != 20 || seen[29] != 49 || len(slices.Compact(seen)) != 30 {
			t.Errorf("%d threads: blocks %v, want 20 to 49", threads, seen)
		}
		// The last epoch is blocks 40 to 49: mean 44.5 over two targets each.
		if out.Done != 50 || out.Units != 90 || out.Loss != 44.5/2 || closed != threads {
			t.Errorf("%d threads: %+v, %d workers closed", threads, out, closed)
		}
	}
}

func TestLoopCancel(t *testing.T) {
	for _, threads := range []int{1, 3} {
		ctx, cancel := context.WithCancel(context.Background())
		var mu sync.Mutex
		var done int64
		closed := 0
		l := loopOf(1000, threads, &closed, func(b int64, _ float64) (BlockStats, error) {
			switch {
			case b == 100:
				cancel()
			case b > 100:
				<-ctx.Done() // else another worker may be through with the rest before
			}
			mu.Lock()
			done++
			mu.Unlock()
			return BlockStats{Targets: 1}, nil
		})
		out, err := l.Run(ctx)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("%d threads: %v", threads, err)
		}
		// Every block handed out was finished: done is a position.
		if out.Done != done || done < 101 || done > 101+int64(threads) {
			t.Errorf("%d threads: stopped at %d, %d blocks were trained", threads, out.Done, done)
		}
	}
}

func TestLoopSaves(t *testing.T) {
	closed, working := 0, 0
	var mu sync.Mutex
	l := loopOf(40, 2, &closed, func(int64, float64) (BlockStats, error) {
		mu.Lock()
		working++
		mu.Unlock()
		time.Sleep(time.Millisecond)
		mu.Lock()
		working--
		mu.Unlock()
		return BlockStats{Targets: 1}, nil
	})
	var saves []int64
	l.SaveEvery = time.Nanosecond // over before a leg begins: it must do a block nevertheless
	l.Save = func(_ context.Context, so Outcome) error {
		if working != 0 {
			t.Errorf("saving while %d blocks are under way", working)
		}
		saves = append(saves, so.Done)
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, err := l.Run(ctx)
	if err != nil || out.Done != 40 {
		t.Fatalf("%+v, %v", out, err)
	}
	if len(saves) < 2 || !slices.IsSorted(saves) || saves[len(saves)-1] > 40 {
		t.Errorf("saved at %v", saves)
	}
	full := errors.New("disk full")
	l = loopOf(40, 2, &closed, func(int64, float64) (BlockStats, error) { return BlockStats{Targets: 1}, nil })
	l.SaveEvery, l.Save = time.Nanosecond, func(context.Context, Outcome) error { return full }
	if _, err := l.Run(context.Background()); !errors.Is(err, full) {
		t.Errorf("a failing save: %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	l.Save = func(context.Context, Outcome) error { cancel(); return full }
	if _, err := l.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a save that fails once the run is canceled: %v", err)
	}
}

func TestLoopErrors(t *testing.T) {
	broken := errors.New("broken block")
	closed := 0
	l := loopOf(1000, 2, &closed, func(b int64, _ float64) (BlockStats, error) {
		if b == 5 {
			return BlockStats{}, broken
		}
		return BlockStats{Targets: 1}, nil
	})
	if out, err := l.Run(context.Background()); !errors.Is(err, broken) || out.Done >= 1000 || closed != 2 {
		t.Errorf("a failing block: %+v, %v, %d closed", out, err, closed)
	}
	for _, loss := range []float64{math.NaN(), math.Inf(1)} {
		l = loopOf(10, 1, &closed, func(int64, float64) (BlockStats, error) { return BlockStats{Loss: loss, Targets: 1}, nil })
		if _, err := l.Run(context.Background()); !errors.Is(err, ErrDiverged) {
			t.Errorf("loss %v: %v", loss, err)
		}
	}
}

// A finite loss far above that of an untrained model ends the run as well, with a rate to try.
func TestLoopDiverges(t *testing.T) {
	closed := 0
	for loss, diverges := range map[float64]bool{41: false, 62: true, 1e33: true} { // of 3 targets; 5 times 4 is the limit
		l := loopOf(20, 1, &closed, func(b int64, _ float64) (BlockStats, error) {
			if b < 14 {
				return BlockStats{Loss: 12, Targets: 3}, nil
			}
			return BlockStats{Loss: loss, Targets: 3}, nil
		})
		l.Untrained, l.Try = 4, 0.05
		_, err := l.Run(context.Background())
		if errors.Is(err, ErrDiverged) != diverges {
			t.Errorf("loss %g: %v", loss, err)
		}
		if diverges && (!strings.HasPrefix(err.Error(), "training diverged at step 15 of 20, in epoch 2, with learning rate 0.3: the loss is ") ||
			fault.Hint(err) != "lower LearningRate, for example to 0.05") {
			t.Errorf("loss %g: %v, hint %q", loss, err, fault.Hint(err))
		}
	}
}

func TestLoopEvents(t *testing.T) {
	closed := 0
	l := loopOf(20, 2, &closed, func(int64, float64) (BlockStats, error) {
		return BlockStats{Loss: 6, Targets: 2, Units: 5}, nil
	})
	var events []Event
	l.Progress = func(e Event) { events = append(events, e) }
	if _, err := l.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	last := events[len(events)-1]
	if last.Progress != 1 || last.Epoch != 2 || last.Loss != 3 || last.LearningRate != 0 || last.UnitsPerSecond <= 0 {
		t.Errorf("last event: %+v", last)
	}
}

// A clock that has not moved since the run began gives a rate all the same.
func TestEventRate(t *testing.T) {
	r := &run{Loop: &Loop{Blocks: 10, PerEpoch: 10, Schedule: autograd.LinearDecay{}}, began: time.Now().Add(time.Hour), total: BlockStats{Units: 5}}
	if e := r.event(BlockStats{}); !(e.UnitsPerSecond > 0) || math.IsInf(e.UnitsPerSecond, 0) {
		t.Errorf("%g words a second", e.UnitsPerSecond)
	}
}

// A panic of a worker comes out of Run, with nothing left running behind it.
func TestLoopPanic(t *testing.T) {
	closed, events := 0, 0
	l := loopOf(10, 2, &closed, func(int64, float64) (BlockStats, error) { panic("broken worker") })
	l.Progress = func(Event) { events++ }
	defer func() {
		if recover() == nil || closed != 2 || events == 0 {
			t.Errorf("no panic, or %d of 2 workers closed, or no last event of %d", closed, events)
		}
	}()
	l.Run(context.Background())
}
