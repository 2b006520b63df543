package words_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
	. "github.com/luminavec/luminavec/internal/words"
)

// The promise of Deterministic: the same bytes at any number of threads, and
// when a run is cut and goes on with another number of them.
func TestDeterministicAtAnyThreads(t *testing.T) {
	text := topics(12000) // nine blocks
	train := func(ctx context.Context, threads int, resume *checkpoints.Checkpoint, save func(done float64)) (*checkpoints.Checkpoint, error) {
		o := smallOptions()
		o.Deterministic, o.Threads = true, threads
		run := runOf(t, text)
		run.Resume, run.SaveEvery = resume, time.Nanosecond
		run.Save = func(_ context.Context, c *checkpoints.Checkpoint) error {
			save(c.Config.Progress.Done)
			return nil
		}
		return Train(ctx, SkipGram(), o, run)
	}
	nothing := func(float64) {}
	want, err := train(context.Background(), 1, nil, nothing)
	if err != nil {
		t.Fatal(err)
	}
	for _, threads := range []int{2, 5} {
		got, err := train(context.Background(), threads, nil, nothing)
		if err != nil {
			t.Fatal(err)
		}
		if !equalBits(table(got), table(want)) {
			t.Errorf("%d threads: other vectors than with one", threads)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cut, err := train(ctx, threads, nil, func(done float64) {
			if done > 0.3 {
				cancel()
			}
		})
		cancel()
		if !errors.Is(err, context.Canceled) || cut == nil {
			t.Fatalf("%d threads: the run was not cut: %v", threads, err)
		}
		got, err = train(context.Background(), 7-threads, cut, nothing)
		if err != nil {
			t.Fatal(err)
		}
		if !equalBits(table(got), table(want)) {
			t.Errorf("cut with %d threads at %.2f, resumed with %d: other vectors than with one", threads, cut.Config.Progress.Done, 7-threads)
		}
	}
}
