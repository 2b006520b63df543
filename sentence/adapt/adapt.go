// Package adapt tunes a sentence model for the documents that are to be searched with it. A model that
// has never seen the words of a field learns in a second which of them go together:
//
//	documents ──► docpairs ──► pairs for training ──► steps on a copy of the model ─┐
//	                      └──► held-out questions ──► MRR@10 before and after ◄─────┘
//
//	tuned, report, err := adapt.Tune(ctx, model, src, adapt.Options{})
//	fmt.Println(report) // adapted to 1,204 pairs …
//
// The tuned model is used only if it finds the texts of held-out questions better, by more than chance
// explains; otherwise Tune returns the model as it was. The number of steps depends on the pairs
// alone, and the same model, documents and options give the same result on the same kind of
// processor, at any number of threads.
//
// The steps are those of sentence/train with its default loss and optimizer, whose package has the
// definition in gorgonia; this one does not need gorgonia, so that a program that searches does not
// contain it. Tests compare the two.
package adapt

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/pairs/docpairs"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/compress"
)

// Options control how a model is tuned.
type Options struct {
	Pairs docpairs.Options // how pairs are made
	// MinPairs is how many pairs for training are too few. Default: 100.
	MinPairs int
	// Examples limits how many examples the steps take in all: 60,000 take about 2 seconds on two
	// cores. Default: 60,000, or 10 times the pairs if that is less.
	Examples int
	// BatchSize is the number of pairs in a step. Default: 256, or a quarter of the pairs if that is less.
	BatchSize int
	// LearningRate is the first learning rate of AdaGrad; it falls to 0. Default: 0.05.
	LearningRate float64
	// Margin is by how much the MRR@10 of held-out questions must rise, if chance explains less.
	// Default: 0.01.
	Margin float64
	// Seed determines the order of the pairs and which documents are held out. Default: 0.
	Seed uint64
	// Threads is the number of goroutines; the result does not depend on it. Default: one per core.
	Threads int
	// Progress, if set, is called with the share of the work that is done.
	Progress func(share float64)
}

func (o Options) withDefaults() Options {
	o.MinPairs, o.Examples = cmp.Or(o.MinPairs, 100), cmp.Or(o.Examples, 60_000)
	o.BatchSize, o.LearningRate = cmp.Or(o.BatchSize, 256), cmp.Or(o.LearningRate, 0.05)
	o.Margin, o.Threads = cmp.Or(o.Margin, 0.01), cmp.Or(o.Threads, runtime.GOMAXPROCS(0))
	o.Pairs.Seed = o.Seed
	return o
}

// Validate returns an error that names the field at fault.
func (o Options) Validate() error {
	o = o.withDefaults()
	switch {
	case o.BatchSize < 2:
		return fault.Field("BatchSize", "256 is usual", "must be at least 2, got %d", o.BatchSize)
	case o.Examples < 0:
		return fault.Field("Examples", "60000 is usual", "must not be negative, got %d", o.Examples)
	case !(o.LearningRate > 0) || math.IsInf(o.LearningRate, 0):
		return fault.Field("LearningRate", "0.05 is usual", "must be positive, got %g", o.LearningRate)
	case !(o.Margin >= 0):
		return fault.Field("Margin", "0.01 is usual", "must not be negative, got %g", o.Margin)
	}
	return o.Pairs.Validate()
}

// Report says what was done.
type Report struct {
	Adapted   bool                  `json:"adapted"`
	Reason    string                `json:"reason,omitempty"` // why not
	Documents int                   `json:"documents"`
	Pairs     int                   `json:"pairs"` // for training
	Kinds     map[docpairs.Kind]int `json:"kinds"` // of the pairs, held-out ones included
	HeldOut   int                   `json:"held_out"`
	Before    float64               `json:"mrr_before"` // MRR@10 of the held-out questions; 0 without Adapted unless it was measured
	After     float64               `json:"mrr_after"`
	Steps     int                   `json:"steps"`
}

// String describes the result in a line.
func (r *Report) String() string {
	figures := fmt.Sprintf("tuning on %s changes MRR@10 of %s from %.3f to %.3f",
		fault.Count(r.Pairs, "pair"), fault.Count(r.HeldOut, "held-out question"), r.Before, r.After)
	switch {
	case r.Adapted:
		return "the model was adapted to the documents: " + figures
	case r.Steps > 0:
		return "the model is used as it is, because tuning it for the documents did not help enough: " + figures
	}
	return "the model is not adapted to the documents: " + r.Reason
}

// maxValues is how many values the table of a model may have, because it is copied into memory.
const maxValues = 100_000_000

// Limits of the search that judges a model.
const (
	maxQuestions = 500
	maxTexts     = 10_000
	minHeldOut   = 20
)

// Tune returns a copy of a model tuned for documents, or the model itself if that does not find
// held-out questions better, or is not possible: there are too few pairs, the documents can be read
// only once, or the model is not a table of token vectors and their mean.
func Tune(ctx context.Context, model sentence.Model, src *documents.Source, o Options) (sentence.Model, *Report, error) {
	if err := o.Validate(); err != nil {
		return nil, nil, err
	}
	o = o.withDefaults()
	r := &Report{}
	table, reason := tunable(model)
	if reason == "" && slices.ContainsFunc(src.Files(), func(f documents.File) bool { return f.Size < 0 }) {
		reason = "standard input and pipes can be read only once"
	}
	if reason != "" {
		r.Reason = reason
		return model, r, nil
	}
	found, err := docpairs.Collect(ctx, src, o.Pairs)
	if err != nil {
		return nil, nil, err
	}
	return tune(ctx, model, table, found, o, r)
}

func tune(ctx context.Context, model sentence.Model, table *sentence.Encoder, found *docpairs.Pairs, o Options, r *Report) (sentence.Model, *Report, error) {
	r.Documents, r.Pairs, r.HeldOut, r.Kinds = found.Documents, len(found.Train), len(found.HeldOut), map[docpairs.Kind]int{}
	for _, kind := range docpairs.Kinds() {
		if n := found.Count(kind); n > 0 {
			r.Kinds[kind] = n
		}
	}
	switch {
	case r.Pairs < o.MinPairs:
		r.Reason = fmt.Sprintf("%s of headings, titles and texts, and %d are needed", fault.Count(r.Pairs, "pair"), o.MinPairs)
	case r.HeldOut < minHeldOut:
		r.Reason = fmt.Sprintf("%s to judge it by, and %d are needed", fault.Count(r.HeldOut, "question"), minHeldOut)
	}
	if r.Reason != "" {
		return model, r, nil
	}
	exam := newExam(found, o.Seed)
	r.HeldOut = len(exam.questions)
	before, err := exam.take(ctx, model, o.Threads)
	if err != nil {
		return nil, nil, err
	}
	tuned, steps, err := trained(ctx, table, found.Train, o)
	if err != nil {
		return nil, nil, err
	}
	after, err := exam.take(ctx, tuned, o.Threads)
	if err != nil {
		return nil, nil, err
	}
	r.Steps, r.Before, r.After = steps, mean(before), mean(after)
	if r.Adapted = better(before, after, o.Margin); !r.Adapted {
		return model, r, nil
	}
	// What was learned is worth keeping: now from all pairs.
	all := slices.Concat(found.Train, found.HeldOut)
	if tuned, steps, err = trained(ctx, table, all, o); err != nil {
		return nil, nil, err
	}
	r.Steps += steps
	return tuned, r, nil
}

// deviations is how many standard errors of the mean difference an improvement must have: chance reaches
// that in one of twenty cases.
const deviations = 1.645

// better reports whether the mean of b is above that of a by at least margin, and by more than chance
// explains.
func better(a, b []float64, margin float64) bool {
	n := float64(len(a))
	d := mean(b) - mean(a)
	squares := 0.0
	for i := range a {
		squares += (b[i] - a[i] - d) * (b[i] - a[i] - d)
	}
	return d >= margin && d >= deviations*math.Sqrt(squares/n/max(1, n-1))
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(max(1, len(x)))
}

// tunable returns a model as a single table whose rows are averaged, or why that is not possible.
func tunable(model sentence.Model) (*sentence.Encoder, string) {
	e, ok := model.(*sentence.Encoder)
	if !ok {
		return nil, "only models of token vectors can be tuned so fast, not transformers"
	}
	folded, err := e.Fold()
	if err != nil || !folded.Folded() || folded.Checkpoint().Config.Encoder.Pooling != string(sentence.Mean) {
		return nil, "only models whose vectors are means of token vectors can be tuned"
	}
	if table := folded.Checkpoint().Embedding(); table.Rows()*table.Cols() > maxValues {
		return nil, fmt.Sprintf("its table has %d million values, more than %d million", table.Rows()*table.Cols()/1e6, int(maxValues/1e6))
	}
	return folded, ""
}

// trained tunes a copy of an encoder, which is stored with the type of number that the model has.
func trained(ctx context.Context, model *sentence.Encoder, list []docpairs.Pair, o Options) (*sentence.Encoder, int, error) {
	data, err := pairs.Build(ctx, docpairs.Sources(list), pairs.Options{Tokenizer: model.Tokenizer(), MaxTokens: maxTokens, Related: true})
	if err != nil {
		return nil, 0, err
	}
	defer data.Close()
	c := model.Checkpoint()
	stored := c.Embedding()
	table, err := stored.Expanded()
	if err != nil {
		return nil, 0, err
	}
	if stored.Quantized == nil && !stored.Mapped() { // it is the model's own
		table = copied(table)
	}
	t, err := newTuner(table.Cols(), o.Threads, data.TokenCounts(), func(dst []float32, token int32) error {
		copy(dst, table.Row(int(token)))
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	t.repeats.Power = c.Config.Encoder.Repeats
	steps, err := t.run(ctx, data, o)
	if err != nil {
		return nil, 0, err
	}
	for i, token := range t.tokens {
		row := table.Row(int(token))
		copy(row, t.rows[i*t.stride:])
		kernel.Scale(row, t.weights[i])
	}
	c.Tensors = maps.Clone(c.Tensors)
	c.Tensors[checkpoints.EmbeddingTensor] = table
	if q := stored.Quantized; q != nil {
		dtype := q.DType
		if q.Mapping != nil || dtype == checkpoints.PQ { // their rows are no longer those of clusters
			dtype = checkpoints.Int8
		}
		if grams, ok := c.Tensors[checkpoints.NGramTensor]; ok {
			if c.Tensors[checkpoints.NGramTensor], err = grams.Expanded(); err != nil {
				return nil, 0, err
			}
		}
		if c, _, err = compress.Compress(ctx, c, compress.Options{DType: dtype, Threads: o.Threads}); err != nil {
			return nil, 0, err
		}
	}
	tuned, err := sentence.FromCheckpoint(c)
	return tuned, steps, err
}

// maxTokens is how many tokens of a text are learned from.
const maxTokens = 128

// copied returns a copy of a table that may be changed.
func copied(t checkpoints.Tensor) checkpoints.Tensor {
	c := checkpoints.NewTensor(t.Rows(), t.Cols())
	for i := range t.Rows() {
		copy(c.Row(i), t.Row(i))
	}
	return c
}

// run takes the steps.
func (t *tuner) run(ctx context.Context, data *pairs.Dataset, o Options) (steps int, err error) {
	n := int(data.Examples())
	size := max(2, min(o.BatchSize, n/4))
	epochs := max(1, min(10, o.Examples/max(1, n)))
	total := 0.0
	var batch pairs.Batch
	for epoch := range epochs {
		plan, err := data.Plan(ctx, pairs.PlanOptions{BatchSize: size, Seed: o.Seed, Epoch: epoch})
		if err != nil {
			return 0, err
		}
		if epoch == 0 {
			total = float64(min(plan.Len()*epochs, max(1, o.Examples/size)))
		}
		for i := range plan.Len() {
			if float64(steps) >= total {
				return steps, nil
			}
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			if err := data.Batch(&batch, plan, i); err != nil {
				return 0, err
			}
			t.fill(&batch)
			if loss := t.step(o.LearningRate * (1 - float64(steps)/total)); math.IsNaN(loss) || math.IsInf(loss, 0) {
				return 0, fault.New("lower it", "tuning diverged with the LearningRate %g", o.LearningRate)
			}
			if steps++; o.Progress != nil {
				o.Progress(float64(steps) / total)
			}
		}
	}
	return steps, nil
}
