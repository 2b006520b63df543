package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/sentence"
)

func stopAt(steps int, cancel func()) *Validation {
	done := 0
	return &Validation{Every: Cadence{Steps: 1}, KeepLast: true, Sets: []ValidationSet{{
		ValidationSet: checkpoints.ValidationSet{Kind: "sts", File: "none"},
		Judge: func(context.Context, *checkpoints.Checkpoint) (checkpoints.Metric, error) {
			if done++; done == steps {
				cancel()
			}
			return checkpoints.Metric{Name: "spearman", Value: 0.5}, nil
		},
	}}}
}

func cutAt(t *testing.T, o Options, run Run, steps int) *checkpoints.Checkpoint {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	run.Validation = stopAt(steps, cancel)
	c, err := Train(ctx, o, run)
	if !errors.Is(err, context.Canceled) || c == nil {
		t.Fatalf("after %d steps: %v", steps, err)
	}
	if p := c.Config.Progress; p.Finished || p.Done <= 0 || p.Done >= 1 {
		t.Fatalf("after %d steps: progress %+v", steps, p)
	}
	return reread(t, c)
}

func reread(t *testing.T, c *checkpoints.Checkpoint) *checkpoints.Checkpoint {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "model")
	if err := checkpoints.Write(context.Background(), dir, c, checkpoints.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	c, err := checkpoints.Read(context.Background(), dir, checkpoints.ReadOptions{State: true})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestResumeGivesTheSameBytes(t *testing.T) {
	tokenizer := topicTokenizer(t)
	run := Run{Pairs: pairsOf(t, tokenizer, rowsOf(ofPairs, 90)), Tokenizer: tokenizer}
	for _, optimizer := range []Optimizer{SGD, AdaGrad, Adam, AdamW} {
		o := with(func(o *Options) {
			o.Optimizer, o.LearningRate, o.Hidden, o.Project, o.Dropout, o.Pooling, o.Epochs = optimizer, 0.05, 18, 9, 0.3, sentence.SIF, 3
			if optimizer == AdamW {
				o.WeightDecay, o.Pooling = 0.01, sentence.Max
			}
		})
		want := train(t, o, run)
		for _, steps := range []int{1, 4, 6, 11} {
			what := fmt.Sprintf("%s, cut after %d steps", optimizer, steps)
			c := cutAt(t, o, run, steps)
			if _, err := sentence.FromCheckpoint(c); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			again := run
			again.Resume = c
			got := train(t, o, again)
			sameTensors(t, what, got, want)
			if g, w := got.Config.Progress, want.Config.Progress; g.Loss != w.Loss || g.Blocks != w.Blocks || !g.Finished {
				t.Errorf("%s: progress %+v, want %+v", what, g, w)
			}
			if g, w := lossesOf(t, got), lossesOf(t, want); !slices.Equal(g, w) {
				t.Errorf("%s: the log has the losses\n%v, want\n%v", what, g, w)
			}
		}
	}
}

func TestResumeKeepsTheBest(t *testing.T) {
	tokenizer := topicTokenizer(t)
	base := Run{Pairs: pairsOf(t, tokenizer, rowsOf(ofPairs, 90)), Tokenizer: tokenizer}
	o := with(func(o *Options) { o.Epochs, o.Dropout = 3, 0.1 })
	judged := func(stop int, cancel func()) Run {
		run, done := base, 0
		run.Validation = &Validation{Every: Cadence{Steps: 2}, Sets: []ValidationSet{{
			ValidationSet: checkpoints.ValidationSet{Kind: "sts", File: "made"},
			Judge: func(_ context.Context, c *checkpoints.Checkpoint) (checkpoints.Metric, error) {
				if done++; done == stop {
					cancel()
				}
				// Best in the middle: after 8 steps.
				return checkpoints.Metric{Name: "spearman", Value: 1 - math.Abs(float64(c.Config.Progress.Blocks-8))/100}, nil
			},
		}}}
		return run
	}
	want := train(t, o, judged(0, nil))
	if v := want.Config.Validation; v.Best.Blocks != 8 || v.Model != checkpoints.KeepBest {
		t.Fatalf("validation %+v", v)
	}
	for _, stop := range []int{2, 4, 6} {
		ctx, cancel := context.WithCancel(context.Background())
		c, err := Train(ctx, o, judged(stop, cancel))
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		again := judged(0, nil)
		again.Resume = reread(t, c)
		got := train(t, o, again)
		sameTensors(t, fmt.Sprintf("cut at validation %d", stop), got, want)
		if g, w := got.Config.Validation, want.Config.Validation; g.Best.Blocks != w.Best.Blocks || g.Count != w.Count {
			t.Errorf("cut at validation %d: %+v, want %+v", stop, g, w)
		}
	}
}
