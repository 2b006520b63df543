package training

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// slowToPrepare is a fakeWorker whose blocks are ready in no order.
type slowToPrepare struct{ fakeWorker }

func (w *slowToPrepare) Prepare(b int64) error {
	time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
	return w.fakeWorker.Prepare(b)
}

func TestOrderedLoopTrainsInOrder(t *testing.T) {
	for _, threads := range []int{1, 2, 5} {
		var order []int64 // no lock: one block is trained at a time
		var busy atomic.Int32
		closed := 0
		l := loopOf(60, threads, &closed, nil)
		l.Ordered, l.Start = true, 7
		l.NewWorker = func() (Worker, error) {
			return &slowToPrepare{fakeWorker{closed: &closed, fn: func(b int64, _ float64) (BlockStats, error) {
				if busy.Add(1) != 1 {
					t.Error("two blocks are trained at once")
				}
				order = append(order, b)
				busy.Add(-1)
				return BlockStats{Loss: 1, Targets: 1, Units: 1}, nil
			}}}, nil
		}
		l.SaveEvery = time.Millisecond
		saves := 0
		l.Save = func(_ context.Context, so Outcome) error {
			saves++
			if so.Done != int64(len(order))+7 {
				t.Errorf("saved at %d blocks, %d were trained", so.Done, len(order)+7)
			}
			return nil
		}
		out, err := l.Run(context.Background())
		if err != nil || out.Done != 60 {
			t.Fatalf("%d threads: %+v, %v", threads, out, err)
		}
		if len(order) != 53 || order[0] != 7 || !slices.IsSorted(order) {
			t.Errorf("%d threads: trained %v", threads, order)
		}
		if saves == 0 || closed != l.workers() {
			t.Errorf("%d threads: %d saves, %d of %d workers closed", threads, saves, closed, l.workers())
		}
	}
}

func TestOrderedLoopStops(t *testing.T) {
	broken := errors.New("broken")
	for _, fail := range []bool{true, false} {
		ctx, cancel := context.WithCancel(context.Background())
		closed, last := 0, int64(-1)
		l := loopOf(1000, 3, &closed, func(b int64, _ float64) (BlockStats, error) {
			last = b
			if b == 20 && fail {
				return BlockStats{}, broken
			}
			if b == 20 {
				cancel()
			}
			return BlockStats{Targets: 1}, nil
		})
		l.Ordered = true
		out, err := l.Run(ctx)
		if fail && (!errors.Is(err, broken) || last != 20 || out.Done != 20) {
			t.Errorf("failed: %v, last block %d, %+v", err, last, out)
		}
		if !fail && (!errors.Is(err, context.Canceled) || out.Done != last+1 || last > 40) {
			t.Errorf("canceled: %v, last block %d, %+v", err, last, out)
		}
		cancel()
	}
}

// panicking is a fakeWorker whose blocks cannot be prepared.
type panicking struct{ fakeWorker }

func (*panicking) Prepare(int64) error { panic("broken worker") }

// A panic of a worker comes out of an ordered run too, at once.
func TestOrderedLoopPanic(t *testing.T) {
	for name, prepare := range map[string]bool{"prepare": true, "train": false} {
		closed, trained := 0, 0
		l := loopOf(1000, 2, &closed, func(int64, float64) (BlockStats, error) { trained++; panic("broken worker") })
		l.Ordered = true
		if fake := l.NewWorker; prepare {
			l.NewWorker = func() (Worker, error) {
				w, err := fake()
				return &panicking{*w.(*fakeWorker)}, err
			}
		}
		ended := make(chan any)
		go func() {
			defer func() { ended <- recover() }()
			l.Run(context.Background())
		}()
		select {
		case p := <-ended:
			if p == nil || closed != l.workers() || trained > 1 {
				t.Errorf("%s: panic %v, %d of %d workers closed, %d blocks trained", name, p, closed, l.workers(), trained)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: the run hangs", name)
		}
	}
}
