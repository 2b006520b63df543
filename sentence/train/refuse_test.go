package train

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// A learning rate that is too high is an error, and leaves no checkpoint.
func TestTrainDivergesInEveryForm(t *testing.T) {
	tokenizer := topicTokenizer(t)
	run := Run{Pairs: pairsOf(t, tokenizer, rowsOf(ofPairs, 90)), Tokenizer: tokenizer}
	for _, optimizer := range []Optimizer{SGD, AdaGrad, Adam} {
		for _, pooling := range []sentence.Pooling{sentence.Mean, sentence.Max} {
			c, err := Train(context.Background(), with(func(o *Options) { o.Optimizer, o.Pooling, o.LearningRate, o.Epochs = optimizer, pooling, 1e33, 5 }), run)
			if !errors.Is(err, ErrDiverged) || c != nil || !strings.Contains(fault.Hint(err), "LearningRate") {
				t.Errorf("%s, %s: checkpoint %v, error %v", optimizer, pooling, c != nil, err)
			}
		}
	}
}

func TestOptionsOutOfRange(t *testing.T) {
	for name, change := range map[string]func(o *Options){
		"Dim must be from 1 to 16384, got 0":                                                func(o *Options) { o.Dim = 0 },
		"Hidden must be from 0 to 16384, got -1":                                            func(o *Options) { o.Hidden = -1 },
		"Project must be from 0 to 16384, got 20000":                                        func(o *Options) { o.Project = 20000 },
		"SIF must be from 1e-12 to 1000000, got 0":                                          func(o *Options) { o.SIF = 0 },
		"InitScale must be from 0 to 1000, got NaN":                                         func(o *Options) { o.InitScale = math.NaN() },
		"BatchSize must be from 1 to 131072, got 0":                                         func(o *Options) { o.BatchSize = 0 },
		"MaxTokens must be from 0 to 2147483647, got -1":                                    func(o *Options) { o.MaxTokens = -1 },
		"Epochs must be from 1 to 1000000, got 0":                                           func(o *Options) { o.Epochs = 0 },
		"Warmup must be from 0 to 1, got 1.5":                                               func(o *Options) { o.Warmup = 1.5 },
		"WeightDecay must be from 0 to 1, got 2":                                            func(o *Options) { o.WeightDecay = 2 },
		"ClipNorm must be from 0 to 1e+30, got -1":                                          func(o *Options) { o.ClipNorm = -1 },
		"Threads must be from 1 to 4096, got 0":                                             func(o *Options) { o.Threads = 0 },
		"Dropout must be at least 0 and below 1, got 1":                                     func(o *Options) { o.Dropout = 1 },
		"LearningRate must be positive, got +Inf":                                           func(o *Options) { o.LearningRate = math.Inf(1) },
		`Pooling must be mean, max, cls, sep or sif, got "sum"`:                             func(o *Options) { o.Pooling = "sum" },
		`ProjectInit must be random or pca, got "svd"`:                                      func(o *Options) { o.ProjectInit = "svd" },
		`Optimizer must be adagrad, adam, adamw or sgd, got "lion"`:                         func(o *Options) { o.Optimizer = "lion" },
		`Decay must be linear, cosine or constant, got "exp"`:                               func(o *Options) { o.Decay = "exp" },
		`Engine must be fused or graph, got "gpu"`:                                          func(o *Options) { o.Engine = "gpu" },
		"WeightDecay applies only to Optimizer adamw":                                       func(o *Options) { o.WeightDecay = 0.1 },
		"Freeze leaves nothing to train":                                                    func(o *Options) { o.Freeze = true },
		"Project must be at most 20":                                                        func(o *Options) { o.Project, o.ProjectInit = 21, "pca" },
		`Loss must be in-batch, related, cosine, cosent, contrastive or triplet, got "mse"`: func(o *Options) { o.Loss = "mse" },
		"Loss cosine needs scores":                                                          func(o *Options) { o.Loss = Cosine },
		"Loss triplet needs an anchor":                                                      func(o *Options) { o.Loss = Triplet },
		"Matryoshka dimensions must be from 1 to 20":                                        func(o *Options) { o.Matryoshka = []int{21} },
		"Scale must be above 0 and at most 300, got 301":                                    func(o *Options) { o.Scale = 301 },
		"Margin must be from -1 to 1":                                                       func(o *Options) { o.Loss, o.Margin = Related, -2 },
		"batch of 1 has no other texts":                                                     func(o *Options) { o.BatchSize = 1 },
	} {
		tokenizer := topicTokenizer(t)
		run := Run{Pairs: pairsOf(t, tokenizer, rowsOf(ofPairs, 4)), Tokenizer: tokenizer}
		o := with(change)
		c, err := Train(context.Background(), o, run)
		if err == nil || c != nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want %q: %v", name, err)
		}
	}
	if _, err := Train(context.Background(), small(), Run{}); err == nil {
		t.Error("a run without pairs is not an error")
	}
	defaults := DefaultOptions()
	defaults.Loss = InBatch
	if err := defaults.Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

// Pairs that make no batch are an error; small and incomplete batches are warned about.
func TestTrainLooksAtTheBatches(t *testing.T) {
	tokenizer := topicTokenizer(t)
	same := ofPairs + "\n" + strings.Repeat("guitar now\tpiano now\n", 3)
	if _, err := Train(context.Background(), small(), Run{Pairs: pairsOf(t, tokenizer, same), Tokenizer: tokenizer}); err == nil || !strings.Contains(err.Error(), "no batch") {
		t.Errorf("equal pairs: %v", err)
	}
	var warnings []string
	run := Run{Pairs: pairsOf(t, tokenizer, ofPairs+"\nguitar now\tpiano now\nsoup here\trice here\nsoup here\trice here\n"), Tokenizer: tokenizer,
		Warn: func(text string) { warnings = append(warnings, text) }}
	train(t, small(), run)
	if len(warnings) != 2 || !strings.Contains(warnings[0], "the batch size is 16") || !strings.Contains(warnings[1], "1 of 3 examples") {
		t.Errorf("warnings %q", warnings)
	}
}

// A model whose loss is where it was before the run is reported, with the usual rate.
func TestTrainWarnsOfUntrainedModels(t *testing.T) {
	tokenizer := topicTokenizer(t)
	for rate, want := range map[float64]string{1e-9: "the model is untrained: ", UsualRate(AdaGrad): ""} {
		var warnings []string
		run := Run{Pairs: pairsOf(t, tokenizer, rowsOf(ofPairs, 90)), Tokenizer: tokenizer, Warn: func(text string) { warnings = append(warnings, text) }}
		c := train(t, with(func(o *Options) { o.Optimizer, o.LearningRate = AdaGrad, rate }), run)
		if got := strings.Join(warnings, "\n"); (want == "") != (got == "") || !strings.HasPrefix(got, want) || want != "" && !strings.HasSuffix(got, "the usual learning rate of adagrad is 0.1, not 1e-09") {
			t.Errorf("rate %g: warnings %q", rate, got)
		}
		if c.Config.Progress.Untrained <= 0 {
			t.Errorf("rate %g: the loss at the start is not recorded", rate)
		}
	}
}

// A checkpoint that does not match the run is an error.
func TestResumeRefuses(t *testing.T) {
	tokenizer := topicTokenizer(t)
	pairs := pairsOf(t, tokenizer, rowsOf(ofPairs, 90))
	run := Run{Pairs: pairs, Tokenizer: tokenizer}
	o := with(func(o *Options) { o.Hidden, o.Project = 6, 5 })
	otherRows := strings.ReplaceAll(rowsOf(ofPairs, 90), "guitar", "piano")
	for name, c := range map[string]struct {
		change func(c *checkpoints.Checkpoint, run *Run, o *Options)
		want   string
	}{
		"kind": {func(c *checkpoints.Checkpoint, _ *Run, _ *Options) { c.Config.Kind = "cbow" }, "cbow"},
		"fewer": {func(_ *checkpoints.Checkpoint, r *Run, _ *Options) {
			r.Pairs = pairsOf(t, tokenizer, rowsOf(ofPairs, 80))
		}, "expected 90 in 12 batches but found 80 in 10"},
		"others":    {func(_ *checkpoints.Checkpoint, r *Run, _ *Options) { r.Pairs = pairsOf(t, tokenizer, otherRows) }, "not their texts"},
		"stopped":   {func(c *checkpoints.Checkpoint, _ *Run, _ *Options) { c.Config.Progress.Stopped = "patience" }, "finished"},
		"position":  {func(c *checkpoints.Checkpoint, _ *Run, _ *Options) { c.Config.Progress.Blocks = -1 }, "position -1"},
		"dim":       {func(_ *checkpoints.Checkpoint, _ *Run, o *Options) { o.Dim = 21 }, "shape"},
		"hidden":    {func(_ *checkpoints.Checkpoint, _ *Run, o *Options) { o.Hidden = 7 }, "shape"},
		"no state":  {func(c *checkpoints.Checkpoint, _ *Run, _ *Options) { c.State = nil }, "no optimizer state for the embedding"},
		"one state": {func(c *checkpoints.Checkpoint, _ *Run, _ *Options) { delete(c.State, "bias.sum") }, "no optimizer state for the bias"},
		"optimizer": {func(_ *checkpoints.Checkpoint, _ *Run, o *Options) { o.Optimizer = Adam }, "belongs to another solver"},
		"no layer":  {func(c *checkpoints.Checkpoint, _ *Run, _ *Options) { delete(c.Tensors, checkpoints.BiasTensor) }, "linear.bias"},
	} {
		before := cutAt(t, o, run, 4)
		changed, options := run, o
		changed.Resume = before
		c.change(before, &changed, &options)
		if got, err := Train(context.Background(), options, changed); err == nil || got != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A run that is canceled before its first step returns the error of its context.
func TestTrainCancelled(t *testing.T) {
	tokenizer := topicTokenizer(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c, err := Train(ctx, small(), Run{Pairs: pairsOf(t, tokenizer, rowsOf(ofPairs, 90)), Tokenizer: tokenizer})
	if !errors.Is(err, context.Canceled) || c != nil && c.Config.Progress.Finished {
		t.Errorf("checkpoint %v, error %v", c != nil, err)
	}
}
