package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/sentence"
)

// Event is the state of a run that Run.Progress receives; its units are pairs.
type Event = training.Event

// ErrDiverged is wrapped by the error of a run whose loss is no longer finite: the
// learning rate was too high.
var ErrDiverged = training.ErrDiverged

// Run holds the input of a training run and its callbacks.
type Run struct {
	Pairs     *pairs.Dataset
	Tokenizer *tokenize.Tokenizer // the tokenizer that read the pairs, with its vocabulary
	Sources   []string            // where the pairs came from, for the record
	Settings  json.RawMessage     // stored as the options in config.json: the options of the run, and more; default: the options alone

	// Warn, if set, receives warnings about the pairs at the start of a run: that scores may be
	// of different scales, or that batches are smaller than requested or omit examples.
	Warn func(string)

	// Progress, if set, is called a few times a second.
	Progress func(Event)
	// Save, if set, is called with a checkpoint every SaveEvery and at the end of each epoch,
	// while training pauses. The checkpoint shares the memory of the trainer and is valid
	// during the call only.
	Save      func(context.Context, *checkpoints.Checkpoint) error
	SaveEvery time.Duration // default 5 minutes

	// Validation, if set, judges the model while training pauses; see OpenSets.
	Validation *Validation

	// Resume, if set, is the checkpoint of an unfinished run with the same options and
	// pairs, read with its state. The trainer continues in its tensors.
	Resume *checkpoints.Checkpoint

	// Start, if set, has initial vectors; without it they are random. It is ignored with
	// Resume.
	Start *Start

	// Steps, if above 0, ends the run after that number of batches, which the schedule covers; default 0: all epochs.
	Steps int64

	// Part, if set, makes the run one part of training that is divided among processes: one round
	// on the shard that Pairs holds (see pairs.Options.Shard), for [Average]. The learning rates
	// are those of the whole run. Ignored with Resume.
	Part *Part
	// Parent is the average of the round before, read with its state; the first round has none.
	// The trainer takes ownership of its tensors.
	Parent *checkpoints.Checkpoint
}

// Part places a run in training that is divided among processes; see [NewPart].
type Part = checkpoints.Part

// trainer is one run of Train.
type trainer struct {
	options   Options
	run       Run
	tokenizer *tokenize.Tokenizer
	encoder   *Parameters
	weights   []float32 // [V] of the tokens, with SIF; else nil
	engine    Engine
	optimizer autograd.Optimizer
	plans     plans
	license   string // of the model that training started from, as is origin
	origin    string
	keeper    *keeper           // nil without KeepTeacher
	part      *checkpoints.Part // nil: training is not divided
	training.Session
}

// Train trains a sentence encoder from run.Pairs and returns the checkpoint. The bytes of its
// tensors depend on the options, the pairs, the seed and the kind of processor, not on the
// number of threads.
//
// If ctx ends first, Train returns the unfinished checkpoint together with the error of ctx; a
// Run with Resume set to this checkpoint continues to the same bytes. Other errors are an
// option that is out of range or unsuitable for the pairs, a checkpoint that cannot be saved,
// and ErrDiverged.
func Train(ctx context.Context, o Options, run Run) (c *checkpoints.Checkpoint, err error) {
	if o.Repeats == 1 { // as 0
		o.Repeats = 0
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if run.Pairs == nil || run.Tokenizer == nil || run.Tokenizer.Vocabulary() == nil {
		return nil, errors.New("training needs Pairs and a Tokenizer with a vocabulary")
	}
	if err := o.Fits(run.Pairs); err != nil {
		return nil, err
	}
	t, err := newTrainer(ctx, o, run)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.engine.Close(), t.keeper.close()) }()
	if run.Resume != nil {
		t.Untrained = run.Resume.Config.Progress.Untrained
	} else if run.Start == nil && run.Parent == nil {
		if t.Untrained, err = t.firstLoss(); err != nil {
			return nil, err
		}
	}
	c, err = t.Run(ctx, training.Loop{
		// One batch after the other, each on all threads; the next is read meanwhile.
		Threads:   min(o.Threads, 2),
		Ordered:   true,
		Schedule:  o.schedule(),
		NewWorker: func() (training.Worker, error) { return &worker{trainer: t}, nil },
		Try:       min(UsualRate(o.Optimizer), o.LearningRate/4),
	})
	if err == nil && t.Untrained > 0 && run.Warn != nil && t.part == nil {
		err = t.warnUntrained()
	}
	return c, err
}

// firstLoss returns the mean loss of the first batches with the current parameters.
func (t *trainer) firstLoss() (float64, error) {
	w := &worker{trainer: t}
	if err := w.Prepare(0); err != nil {
		return 0, err
	}
	var s training.BlockStats
	for i := range w.batches {
		b := &w.batches[i]
		loss, _, err := t.engine.Gradient(b)
		if err != nil {
			return 0, err
		}
		s.Add(training.BlockStats{Loss: loss * float64(b.Examples), Targets: float64(b.Examples)})
	}
	return s.Mean(), nil
}

// untrainedFrom is the share of its initial loss from which a model counts as untrained.
const untrainedFrom = 0.995

// warnUntrained warns if the loss of the first batches is where it was before the run.
func (t *trainer) warnUntrained() error {
	loss, err := t.firstLoss()
	if err != nil || loss < untrainedFrom*t.Untrained {
		return err
	}
	o, try := &t.options, fmt.Sprintf("provide more pairs, or train for more epochs than %d", t.options.Epochs)
	if usual := UsualRate(o.Optimizer); o.LearningRate < usual/2 || o.LearningRate > 2*usual {
		try = fmt.Sprintf("the usual learning rate of %s is %g, not %g", o.Optimizer, usual, o.LearningRate)
	}
	state := "untrained"
	if loss > t.Untrained/untrainedFrom {
		state = "worse than untrained"
	}
	t.run.Warn(fmt.Sprintf("the model is %s: the loss of the first batch is %.4f at the end and was %.4f at the start; %s", state, loss, t.Untrained, try))
	return nil
}

func newTrainer(ctx context.Context, o Options, run Run) (*trainer, error) {
	vocabulary, err := tokenize.NewVocabulary(run.Tokenizer.Vocabulary().Tokens(), run.Pairs.TokenCounts())
	if err != nil {
		return nil, err
	}
	t := &trainer{options: o, run: run, optimizer: o.optimizer()}
	if t.tokenizer, err = run.Tokenizer.WithVocabulary(vocabulary); err != nil {
		return nil, err
	}
	t.plans = plans{pairs: run.Pairs, options: &t.options}
	first, err := t.plans.of(ctx, 0)
	if err != nil {
		return nil, err
	}
	if run.Warn != nil && run.Resume == nil {
		for _, w := range []string{run.Pairs.Scores().Warning, first.Warning()} {
			if w != "" {
				run.Warn(w)
			}
		}
		if n := first.LeftOut(); n > 0 {
			run.Warn(fmt.Sprintf("%d of %d examples are in no batch of the first epoch: they share texts with all others", n, n+first.Examples()))
		}
	}
	perEpoch := int64(first.Len())
	t.Session = training.Session{
		Kind: sentence.Kind, Blocks: perEpoch * int64(o.Epochs), PerEpoch: perEpoch, Epochs: o.Epochs, Units: first.Examples(), Unit: "pairs",
		Model: t.model, Progress: run.Progress, Save: run.Save, SaveEvery: run.SaveEvery,
	}
	t.plans.perEpoch = perEpoch
	if run.Steps > 0 {
		t.Blocks = min(t.Blocks, run.Steps)
	}
	if run.Validation != nil {
		if err := t.Watch(run.Validation, run.Resume); err != nil {
			return nil, err
		}
	}
	if o.Pooling == sentence.SIF {
		t.weights = sifWeights(run.Pairs.TokenCounts(), o.SIF)
	}
	switch {
	case run.Resume != nil:
		err = t.resume(run.Resume)
	case run.Part != nil:
		err = t.beginRound(*run.Part, run.Parent)
	default:
		err = t.begin(run.Start)
	}
	if err != nil {
		return nil, err
	}
	if t.keeper == nil {
		if err := t.keep(t.startOf(run.Start)); err != nil {
			return nil, err
		}
	}
	t.engine, err = o.engine(t.encoder)
	return t, err
}

// sifWeights returns a/(a+p) for tokens that make up the share p of all.
func sifWeights(counts []int64, a float64) []float32 {
	total := 0.0
	for _, n := range counts {
		total += float64(n)
	}
	weights := make([]float32, len(counts))
	for i, n := range counts {
		weights[i] = float32(a / (a + float64(n)/max(1, total)))
	}
	return weights
}

// Names of the parameters, and so of the tensors of the state of their optimizer.
const (
	tableMatrix      = "embedding"
	linearMatrix     = "linear"
	biasMatrix       = "bias"
	projectionMatrix = "projection"
)

// step moves the parameters against a gradient.
func (t *trainer) step(rows []int32, g *Gradient, lr float64) error {
	table := g.Rows
	if t.options.Freeze {
		table = nil // it is not updated and does not count in the norm
	}
	if _, err := autograd.ClipNorm(t.options.Threads, t.options.ClipNorm, table, g.Linear, g.Bias, g.Projection); err != nil {
		return fault.New("lower the learning rate", "%w: %w", err, ErrDiverged)
	}
	e := t.encoder
	matrix := func(name string, data []float32, rows, cols int) *autograd.Matrix {
		return &autograd.Matrix{Name: name, Data: data, Rows: rows, Cols: cols, Stride: kernel.Stride(cols)}
	}
	if !t.options.Freeze {
		if err := t.optimizer.Update(matrix(tableMatrix, e.Table, e.Rows, e.Dim), rows, g.Rows, lr); err != nil {
			return err
		}
	}
	if e.Hidden > 0 {
		if err := t.optimizer.Update(matrix(linearMatrix, e.Linear, e.Hidden, e.Dim), nil, g.Linear, lr); err != nil {
			return err
		}
		if err := t.optimizer.Update(matrix(biasMatrix, e.Bias, 1, e.Hidden), nil, g.Bias, lr); err != nil {
			return err
		}
	}
	if e.Out > 0 {
		return t.optimizer.Update(matrix(projectionMatrix, e.Projection, e.Out, e.Width()), nil, g.Projection, lr)
	}
	return nil
}

// model returns the current model and state of the optimizer.
func (t *trainer) model() *checkpoints.Checkpoint {
	e, o, pairs := t.encoder, t.options, t.run.Pairs
	options := t.run.Settings
	if options == nil {
		options, _ = json.Marshal(o) // plain numbers and strings
	}
	tensor := func(rows, cols int, data []float32) checkpoints.Tensor {
		return checkpoints.Tensor{Shape: []int{rows, cols}, Stride: kernel.Stride(cols), Data: data}
	}
	tensors := map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: tensor(e.Rows, e.Dim, e.Table)}
	if e.Hidden > 0 {
		tensors[checkpoints.LinearTensor] = tensor(e.Hidden, e.Dim, e.Linear)
		tensors[checkpoints.BiasTensor] = checkpoints.Tensor{Shape: []int{e.Hidden}, Data: e.Bias[:e.Hidden]}
	}
	if e.Out > 0 {
		tensors[checkpoints.ProjectionTensor] = tensor(e.Out, e.Width(), e.Projection)
	}
	if t.weights != nil {
		tensors[checkpoints.PoolingTensor] = checkpoints.Tensor{Shape: []int{e.Rows}, Data: t.weights}
	}
	state := map[string]checkpoints.Tensor{}
	for _, slot := range t.optimizer.State().Slots {
		state[slot.Name] = checkpoints.Tensor{Shape: []int{slot.Rows, slot.Cols}, Stride: slot.Stride, Data: slot.Data}
	}
	if t.keeper != nil {
		state[startTensor] = tensor(e.Rows, e.Dim, t.keeper.start)
	}
	if t.part != nil {
		own := pairs.OwnTokenCounts()
		x := checkpoints.Tensor{Shape: []int{len(own), 1}, Data: make([]float32, len(own))}
		for i, n := range own {
			x.Data[i] = float32(n)
		}
		state[checkpoints.PartTensor] = x
	}
	return &checkpoints.Checkpoint{
		Config: checkpoints.Config{
			Part: t.part,
			Kind: sentence.Kind, Dim: e.Dim, Options: options,
			Encoder: checkpoints.EncoderConfig{Hidden: e.Hidden, Project: e.Out, Pooling: string(o.Pooling), Normalize: true, Repeats: o.Repeats},
			Corpus: checkpoints.CorpusInfo{
				Sources: t.run.Sources, RawWords: pairs.Tokens(), Words: pairs.Tokens(), Lines: pairs.Examples(), Vocabulary: e.Rows,
				Fingerprint: pairs.Fingerprint(), Tokenizer: t.tokenizer.Fingerprint(),
			},
			License: t.license, Origin: t.origin,
		},
		Tokenizer: t.tokenizer, Vocabulary: t.tokenizer.Vocabulary(),
		Tensors: tensors, State: state,
	}
}
