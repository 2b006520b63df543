package distill

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/train"
)

// pairOptions are those of training on pairs.
func (d *distillation) pairOptions(p *pairs.Dataset) train.Options {
	o := train.DefaultOptions()
	o.SIF, o.Repeats, o.Seed, o.Threads = d.o.SIF, d.o.Repeats, d.o.Seed, d.o.Threads
	o.Loss = train.UsualLoss(p.Kind())
	return o
}

// checkPairs returns the error that training on the pairs would end with, before anything is computed.
func (d *distillation) checkPairs(ctx context.Context) error {
	if d.o.PairDim == 0 && d.o.TuneSteps == 0 {
		return nil
	}
	o := d.pairOptions(d.o.Pairs)
	if err := o.Fits(d.o.Pairs); err != nil {
		return err
	}
	_, err := d.o.Pairs.Plan(ctx, pairs.PlanOptions{BatchSize: o.BatchSize, Seed: o.Seed, Mixed: o.Mixed, Repeats: d.o.Pairs.Kind() != pairs.Paired})
	return err
}

// run trains on pairs.
func (d *distillation) run(ctx context.Context, stage string, p *pairs.Dataset, o train.Options, start *train.Start, steps int) (*checkpoints.Checkpoint, error) {
	run := train.Run{Pairs: p, Tokenizer: d.tokenizer, Start: start, Steps: int64(steps)}
	run.Progress = func(e train.Event) { d.o.progress(stage, int(e.Progress*1000), 1000) }
	return train.Train(ctx, o, run)
}

// pairTable trains a table on the pairs and puts it beside the others.
func (d *distillation) pairTable(ctx context.Context) error {
	if d.o.Pairs == nil || d.o.PairDim == 0 {
		return nil
	}
	o := d.pairOptions(d.o.Pairs)
	o.Dim, o.Epochs = d.o.PairDim, d.o.PairEpochs
	c, err := d.run(ctx, "pairs", d.o.Pairs, o, nil, 0)
	if err != nil {
		return err
	}
	e, err := sentence.FromCheckpoint(c)
	if err != nil {
		return err
	}
	b, err := besides(d.tokenizer.Vocabulary(), e)
	if err != nil {
		return err
	}
	d.join(b)
	return nil
}

// exact adds a random vector to that of each token, so that the texts' sums of these have Exact times the
// length of the others, on average.
func (d *distillation) exact() {
	if d.o.Exact == 0 {
		return
	}
	dim, stride := d.e.Dim, kernel.Stride(d.e.Dim)
	random := kernel.Aligned(d.tokens * stride)
	rng := rand.New(rand.NewPCG(d.o.Seed, 1<<32))
	for id := range d.tokens {
		for j := range dim {
			random[id*stride+j] = float32(rng.NormFloat64())
		}
	}
	by := float32(d.o.Exact * d.meanLength(d.e.Table, stride, dim, d.weights) / max(d.meanLength(random, stride, dim, d.weights), 1e-30))
	kernel.Axpy(d.e.Table[:d.tokens*stride], by, random)
}

// meanLength returns the mean length of the texts' sums of rows, times weights unless they are nil.
func (d *distillation) meanLength(rows []float32, stride, dim int, weights []float32) float64 {
	sum, total := make([]float32, dim), 0.0
	texts := d.sample.texts[:min(len(d.sample.texts), whitenTexts)]
	for _, text := range texts {
		clear(sum)
		scaled := d.textWeights(text, weights)
		for k, id := range text {
			kernel.Axpy(sum, scaled[k], rows[int(id)*stride:][:dim])
		}
		total += math.Sqrt(float64(kernel.Dot(sum, sum)))
	}
	return total / float64(len(texts))
}

// tune moves the model until pairs are similar, for a number of steps.
func (d *distillation) tune(ctx context.Context, c *checkpoints.Checkpoint) (*checkpoints.Checkpoint, error) {
	o := d.pairOptions(d.o.Pairs)
	o.Epochs, o.LearningRate, o.KeepTeacher = 1, tuneRate, d.o.KeepTeacher
	return d.goOn(ctx, "tuning", d.o.Pairs, o, c, d.o.TuneSteps)
}

// score moves the model until its similarities have the order of the scores.
func (d *distillation) score(ctx context.Context, c *checkpoints.Checkpoint) (*checkpoints.Checkpoint, error) {
	o := d.pairOptions(d.o.Scored)
	o.Loss, o.Epochs, o.BatchSize, o.Scale, o.LearningRate = train.CoSENT, d.o.ScoredEpochs, 512, 20, scoreRate
	o.KeepTeacher = max(d.o.KeepTeacher, scoreKeep)
	return d.goOn(ctx, "scores", d.o.Scored, o, c, 0)
}

// goOn trains the model on pairs, for a number of steps unless it is 0.
func (d *distillation) goOn(ctx context.Context, stage string, p *pairs.Dataset, o train.Options, c *checkpoints.Checkpoint, steps int) (*checkpoints.Checkpoint, error) {
	e, err := sentence.FromCheckpoint(c)
	if err != nil {
		return nil, err
	}
	o.Dim = c.Config.Dim
	tuned, err := d.run(ctx, stage, p, o, &train.Start{Encoder: e}, steps)
	if err != nil {
		return nil, err
	}
	tuned.State, tuned.Config.Options = nil, c.Config.Options
	return tuned, nil
}

// The learning rates of tuning on pairs and on scores, at first, and the least weight with which the
// latter keeps near to the model before.
const (
	tuneRate  = 0.003
	scoreRate = 0.02
	scoreKeep = 5
)
