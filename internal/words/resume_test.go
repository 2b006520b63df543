package words_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
	. "github.com/luminavec/luminavec/internal/words"
)

// A run that is canceled, written to disk, read and resumed, as often as it
// takes, ends with the bits of one that was not.
func TestResumeEqualsUninterrupted(t *testing.T) {
	for _, f := range forms() {
		switch f.name {
		case "skipgram", "skipgram n-grams", "cbow n-grams hs sum positions":
			t.Run(f.name, func(t *testing.T) { testResume(t, f, nil) })
		}
	}
}

// testResume resumes the run of a form from start, if there is one.
func testResume(t *testing.T, f form, start *Start) {
	text := topics(6000) // five blocks
	o := smallOptions()
	f.set(&o)
	run := runOf(t, text)
	run.Start = start
	whole, err := Train(context.Background(), f.objective, o, run)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir() + "/model"
	var resume *checkpoints.Checkpoint
	midway := 0
	for {
		run := runOf(t, text)
		run.Resume, run.Start = resume, start
		run.SaveEvery = time.Nanosecond // one block
		ctx, cancel := context.WithCancel(context.Background())
		run.Save = func(ctx context.Context, c *checkpoints.Checkpoint) error {
			cancel()
			return nil
		}
		c, err := Train(ctx, f.objective, o, run)
		cancel()
		if err == nil {
			for name, x := range whole.Tensors {
				if !equalBits(c.Tensors[name].Data, x.Data) {
					t.Errorf("resumed %d times: another %s than the uninterrupted run", midway, name)
				}
			}
			if got, want := logged(t, c), logged(t, whole); !slices.Equal(got, want) {
				t.Errorf("resumed %d times: log lines at %v, want %v", midway, got, want)
			}
			if got, before := c.Config.Progress.Seconds, resume.Config.Progress.Seconds; got < before {
				t.Errorf("%g seconds in all, %g of them before the last resume", got, before)
			}
			break
		}
		if c == nil || !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		p := c.Config.Progress
		if resume != nil && p.Blocks <= resume.Config.Progress.Blocks {
			t.Fatalf("resumed at block %d, interrupted at block %d", resume.Config.Progress.Blocks, p.Blocks)
		}
		if p.Blocks > 0 && !p.Finished {
			midway++
		}
		if err := checkpoints.Write(context.Background(), dir, c, checkpoints.WriteOptions{Replace: true}); err != nil {
			t.Fatal(err)
		}
		if resume, err = checkpoints.Read(context.Background(), dir, checkpoints.ReadOptions{State: true}); err != nil {
			t.Fatal(err)
		}
	}
	if midway == 0 {
		t.Error("the run was never interrupted half-way")
	}
}
