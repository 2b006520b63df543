package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

func quick(b int64, _ float64) (BlockStats, error) {
	return BlockStats{Loss: math.Sqrt(float64(b)) / 3, Targets: float64(1 + b%3)}, nil
}

// The ends of epochs are saved, but for the last, which is the caller's, and
// nothing is half done there.
func TestLoopSavesEpochs(t *testing.T) {
	for _, threads := range []int{1, 2, 7} {
		closed := 0
		l := loopOf(50, threads, &closed, func(b int64, lr float64) (BlockStats, error) {
			time.Sleep(100 * time.Microsecond)
			return quick(b, lr)
		})
		var saves []int64
		l.Save = func(_ context.Context, so Outcome) error { saves = append(saves, so.Done); return nil }
		if out, err := l.Run(context.Background()); err != nil || out.Done != 50 {
			t.Fatalf("%+v, %v", out, err)
		}
		if !slices.Equal(saves, []int64{10, 20, 30, 40}) {
			t.Errorf("%d threads: saved at %v", threads, saves)
		}
	}
	// Saves that take long are passed over, and the workers do not stand still.
	closed, saves := 0, 0
	l := loopOf(50, 2, &closed, quick)
	l.Save = func(context.Context, Outcome) error { saves++; time.Sleep(30 * time.Millisecond); return nil }
	if _, err := l.Run(context.Background()); err != nil || saves != 1 {
		t.Errorf("%d slow saves, %v", saves, err)
	}
}

func TestCadence(t *testing.T) {
	for _, c := range []struct {
		text     string
		perEpoch int64
		want     string
	}{
		{"1", 10, "[10 20 30 40 50 60]"},
		{"epoch", 10, "[10 20 30 40 50 60]"},
		{"0.25", 10, "[3 5 8 10 13 15]"},
		{"2", 10, "[20 40 60 80 100 120]"},
		{"0.3", 10, "[3 6 9 12 15 18]"},
		{"0.001", 10, "[1 2 3 4 5 6]"},
		{"1", 1, "[1 2 3 4 5 6]"},
		{"1.5", 1, "[2 3 5 6 8 9]"},
		{"10m", 10, "[10 20 30 40 50 60]"},
		{"4steps", 10, "[4 8 12 16 20 24]"},
		{"100 steps", 7, "[100 200 300 400 500 600]"},
	} {
		cadence, err := ParseCadence(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParseCadence(cadence.String()); err != nil || again != cadence {
			t.Errorf("%s: %q reads as %v, %v", c.text, cadence, again, err)
		}
		at := cadence.at(c.perEpoch)
		var places []int64
		for done := int64(0); len(places) < 6; done = places[len(places)-1] {
			places = append(places, at(done))
		}
		if got := fmt.Sprint(places); got != c.want {
			t.Errorf("every %s of %d blocks: %s, want %s", c.text, c.perEpoch, got, c.want)
		}
		for i, p := range places { // the same from anywhere between
			for done := int64(0); done < p; done++ {
				if at(done) > p || (i == 0 || done >= places[i-1]) && at(done) != p {
					t.Errorf("every %s of %d blocks: after %d comes %d, and %d is a place", c.text, c.perEpoch, done, at(done), p)
				}
			}
		}
	}
	if next := (Cadence{Epochs: 1e300}).at(10)(5); next != math.MaxInt64 {
		t.Errorf("a cadence beyond all epochs: %d", next)
	}
	for _, bad := range []string{"0steps", "-3steps", "1.5steps", "steps", "3step", "", "0", "-1", "NaN", "Inf", "x", "0s", "-5m", "10 m"} {
		if c, err := ParseCadence(bad); err == nil {
			t.Errorf("%q reads as %v", bad, c)
		}
	}
	for words, want := range map[int64]float64{0: 1, 1e9: 1, 1e9 + 1: 0.5, 35e8: 0.25} {
		if got := (Cadence{}).over(words).Epochs; got != want {
			t.Errorf("%d words: every %g epochs, want %g", words, got, want)
		}
	}
	if c := (Cadence{Time: 1}).over(5e9); c.Epochs != 0 {
		t.Errorf("a cadence of time became %v", c)
	}
}

// checked is a loop of 50 blocks with a check every four that notes where it is.
func checked(threads int, places *[]int64, closed *int) *Loop {
	l := loopOf(50, threads, closed, quick)
	l.CheckAt = Cadence{Epochs: 0.4}.at(10)
	l.Check = func(_ context.Context, so Outcome) (bool, error) {
		*places = append(*places, so.Done)
		return false, nil
	}
	return l
}

func TestLoopChecks(t *testing.T) {
	all := []int64{4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 50}
	for _, threads := range []int{1, 2, 7} {
		var places []int64
		closed := 0
		if out, err := checked(threads, &places, &closed).Run(context.Background()); err != nil || out.Done != 50 || !slices.Equal(places, all) {
			t.Errorf("%d threads: checked at %v, %+v, %v", threads, places, out, err)
		}
		// From a place that was checked, from one that was not, and from the end.
		for _, c := range []struct {
			start, checked int64
			want           []int64
		}{{20, 20, all[5:]}, {20, 16, all[4:]}, {22, 20, all[5:]}, {50, 48, all[12:]}, {50, 50, nil}} {
			places = nil
			l := checked(threads, &places, &closed)
			l.Start, l.Checked = c.start, c.checked
			if out, err := l.Run(context.Background()); err != nil || out.Done != 50 || !slices.Equal(places, c.want) {
				t.Errorf("%d threads from %d, checked at %d: %v, %+v, %v", threads, c.start, c.checked, places, out, err)
			}
		}
		// A check that says stop is the end, and comes before a save.
		places = nil
		l := checked(threads, &places, &closed)
		inner := l.Check
		l.Check = func(ctx context.Context, so Outcome) (bool, error) { inner(ctx, so); return so.Done == 20, nil }
		saves := []int64{}
		l.Save = func(_ context.Context, so Outcome) error {
			if last := places[len(places)-1]; so.Done == 20 || last < so.Done-3 {
				t.Errorf("saved at %d, checked at %v", so.Done, places)
			}
			saves = append(saves, so.Done)
			return nil
		}
		if out, err := l.Run(context.Background()); err != nil || out.Done != 20 || !slices.Equal(places, all[:5]) {
			t.Errorf("%d threads, stop at 20: %v, %+v, %v", threads, places, out, err)
		}
	}
}

// A check that is cut short is not done: the run can go on from its place.
func TestLoopCheckInterrupted(t *testing.T) {
	for _, place := range []int64{8, 50} {
		var places []int64
		closed := 0
		ctx, cancel := context.WithCancel(context.Background())
		l := checked(2, &places, &closed)
		l.Check = func(ctx context.Context, so Outcome) (bool, error) {
			if so.Done == place {
				cancel()
				return false, fmt.Errorf("cut short: %w", ctx.Err())
			}
			return false, nil
		}
		if out, err := l.Run(ctx); !errors.Is(err, context.Canceled) || out.Done != place {
			t.Errorf("%+v, %v", out, err)
		}
	}
	broken := errors.New("no such set")
	var places []int64
	closed := 0
	l := checked(2, &places, &closed)
	l.Check = func(context.Context, Outcome) (bool, error) { return false, broken }
	if out, err := l.Run(context.Background()); !errors.Is(err, broken) || out.Done != 4 {
		t.Errorf("%+v, %v", out, err)
	}
	// The last block is done and the run is canceled: there is a check to come.
	ctx, cancel := context.WithCancel(context.Background())
	l = checked(1, &places, &closed)
	l.NewWorker = func() (Worker, error) {
		return &fakeWorker{closed: &closed, fn: func(b int64, lr float64) (BlockStats, error) {
			if b == 49 {
				cancel()
			}
			return quick(b, lr)
		}}, nil
	}
	if out, err := l.Run(ctx); !errors.Is(err, context.Canceled) || out.Done != 50 || slices.Contains(places, 50) {
		t.Errorf("canceled at the end: %+v, %v", out, err)
	}
}

func TestLoopChecksByTime(t *testing.T) {
	closed, checks := 0, 0
	l := loopOf(50, 2, &closed, func(b int64, lr float64) (BlockStats, error) {
		time.Sleep(time.Millisecond)
		return quick(b, lr)
	})
	l.CheckAt, l.CheckEvery = Cadence{Time: time.Millisecond}.at(10), time.Millisecond
	l.Check = func(context.Context, Outcome) (bool, error) { checks++; return false, nil }
	if out, err := l.Run(context.Background()); err != nil || out.Done != 50 || checks < 10 {
		t.Errorf("%d checks, %+v, %v", checks, out, err)
	}
}

// However often a run is cut, its log and its loss are those of a run that was
// not, to the bit.
func TestLoopSums(t *testing.T) {
	run := func(cuts ...int64) (losses []float64, out Outcome) {
		for _, cut := range append(cuts, 3000) {
			ctx, cancel := context.WithCancel(context.Background())
			closed := 0
			l := loopOf(2005, 1, &closed, func(b int64, lr float64) (BlockStats, error) {
				if b+1 == cut {
					cancel()
				}
				return quick(b, lr)
			})
			l.PerEpoch = 401
			l.Start, l.Sums = out.Done, out.Sums
			l.Log = func(e Event) { losses = append(losses, e.Loss) }
			var err error
			if out, err = l.Run(ctx); err != nil && out.Done != cut {
				t.Fatalf("cut at %d: %+v, %v", cut, out, err)
			}
			cancel()
		}
		return losses, out
	}
	want, whole := run()
	got, out := run(1, 2, 3, 10, 11, 400, 401, 402, 1604, 1605, 1999, 2004)
	if !slices.Equal(got, want) || len(got) != 201 {
		t.Errorf("%d log lines %v, want %d %v", len(got), got, len(want), want)
	}
	if out.Loss != whole.Loss || out.Loss == 0 {
		t.Errorf("loss %v, want %v", out.Loss, whole.Loss)
	}
}
