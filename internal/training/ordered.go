package training

import (
	"context"
	"errors"
	"sync"

	"github.com/sourcegraph/conc/stream"
)

// spareWorkers is how many more workers than threads an ordered run has: blocks
// that are prepared and wait for their turn.
const spareWorkers = 2

// errPanic ends an ordered leg when a worker panics; stream propagates the panic itself.
var errPanic = errors.New("a worker panicked")

// workers returns the number of workers that the loop needs.
func (l *Loop) workers() int {
	if l.Ordered && l.Threads > 1 {
		return l.Threads + spareWorkers
	}
	return l.Threads
}

// orderedLeg is leg for an ordered run: goroutines prepare blocks while another
// trains those that are ready, one at a time and in order. So every update sees
// the same numbers as with one thread. More threads only speed up the preparation,
// about a sixth of the work of a word model.
func (r *run) orderedLeg(ctx context.Context, workers []Worker) error {
	free := make(chan Worker, len(workers))
	for _, w := range workers {
		free <- w
	}
	var once sync.Once
	var failed error
	stop := make(chan struct{})
	fail := func(err error) {
		once.Do(func() {
			failed = err
			close(stop)
		})
	}
	stopped := func() bool {
		select {
		case <-stop:
			return true
		default:
			return false
		}
	}

	s := stream.New().WithMaxGoroutines(r.Threads)
	for first := true; ctx.Err() == nil && !stopped(); first = false {
		b, ok := r.take(first)
		if !ok {
			break
		}
		w := <-free
		s.Go(func() stream.Callback {
			err := errPanic // until Prepare returns
			defer func() {
				if err == errPanic {
					fail(err)
					free <- w
				}
			}()
			err = w.Prepare(b)
			return func() {
				sound := false
				defer func() {
					if !sound {
						fail(errPanic)
					}
					free <- w
				}()
				if err == nil && !stopped() {
					err = r.train(w, b)
				}
				if err != nil {
					fail(err)
				}
				sound = true
			}
		})
	}
	s.Wait()
	return failed
}
