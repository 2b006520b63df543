package sentence

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/training"
)

// Kind is the kind of the models that Train makes, in config.json.
const Kind = "sentence"

// Event is what Run.Progress is told; its units are pairs.
type Event = training.Event

// Validation, of Run, judges a model while it trains, by sets that are measured as
// often as a Cadence says. A set's Judge makes an encoder of the checkpoint by
// FromCheckpoint.
type (
	Validation    = training.Validation
	ValidationSet = training.ValidationSet
	Cadence       = training.Cadence
)

// ErrDiverged is in the error of a training whose loss is no longer a number: its
// learning rate was too high.
var ErrDiverged = training.ErrDiverged

// Run is what the trainer reads and whom it tells.
type Run struct {
	Pairs     *pairs.Dataset
	Tokenizer *tokenize.Tokenizer // that read them, with its vocabulary
	Sources   []string            // what the pairs were read from, for the record
	Settings  json.RawMessage     // what is to stand for the options in config.json: these, and more; nil: these

	// Warn, if set, is told at the start of a run what a person should know of its
	// batches: that they are smaller than asked for, or leave examples out.
	Warn func(string)

	// Progress, if set, is called a few times a second.
	Progress func(Event)
	// Save, if set, is called with a checkpoint every SaveEvery (default 5 minutes) and
	// at the ends of epochs, while the training stands still. The checkpoint shares
	// the trainer's memory: it is valid during the call only.
	Save      func(context.Context, *checkpoints.Checkpoint) error
	SaveEvery time.Duration

	// Validation, if set, judges the model while the training stands still.
	Validation *Validation

	// Resume, if set, is a checkpoint of an unfinished run, read with its state, of the
	// same options and the same pairs. The trainer goes on in its tensors.
	Resume *checkpoints.Checkpoint

	// Start, if set, is where rows of the table begin; without it they begin at random.
	// A run with Resume has begun, and does not look at it.
	Start *Start
}

// trainer is one run of Train.
type trainer struct {
	options   Options
	run       Run
	tokenizer *tokenize.Tokenizer
	encoder   *autograd.TextEncoder
	weights   []float32 // [V] of the tokens, with SIF; else nil
	engine    autograd.TextEngine
	optimizer autograd.Optimizer
	plans     plans
	training.Session
}

// Train learns the encoder of sentences from run.Pairs and returns the checkpoint.
// The bytes of its tensors depend on options, pairs, seed and kind of processor, and
// not on the number of threads.
//
// When ctx ends first, Train returns the unfinished checkpoint together with ctx's
// error; a Run with Resume set to it goes on where it stopped, to the same bytes.
// Other errors are an option out of range or that does not go with the pairs, a
// checkpoint that cannot be saved, and ErrDiverged.
func Train(ctx context.Context, o Options, run Run) (*checkpoints.Checkpoint, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if run.Pairs == nil || run.Tokenizer == nil || run.Tokenizer.Vocabulary() == nil {
		return nil, fmt.Errorf("sentence: pairs and their tokenizer are needed")
	}
	if err := o.Fits(run.Pairs); err != nil {
		return nil, err
	}
	t, err := newTrainer(ctx, o, run)
	if err != nil {
		return nil, err
	}
	defer t.engine.Close()
	return t.Run(ctx, training.Loop{
		// One batch after the other, each on all threads; the next is read meanwhile.
		Threads:   min(o.Threads, 2),
		Ordered:   true,
		Schedule:  o.schedule(),
		NewWorker: func() (training.Worker, error) { return &worker{trainer: t}, nil },
	})
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
		if w := first.Warning(); w != "" {
			run.Warn(w)
		}
		if n := first.LeftOut(); n > 0 {
			run.Warn(fmt.Sprintf("%d of %d examples are in no batch of the first epoch: those that they could stand with have the same texts", n, n+first.Examples()))
		}
	}
	perEpoch := int64(first.Len())
	t.Session = training.Session{
		Kind: Kind, Blocks: perEpoch * int64(o.Epochs), PerEpoch: perEpoch, Epochs: o.Epochs, Units: first.Examples(), Unit: "pairs",
		Model: t.model, Progress: run.Progress, Save: run.Save, SaveEvery: run.SaveEvery,
	}
	t.plans.perEpoch = perEpoch
	if run.Validation != nil {
		if err := t.Watch(run.Validation, run.Resume); err != nil {
			return nil, err
		}
	}
	if o.Pooling == SIF {
		t.weights = sifWeights(run.Pairs.TokenCounts(), o.SIF)
	}
	if run.Resume != nil {
		err = t.resume(run.Resume)
	} else {
		err = t.begin(run.Start)
	}
	if err != nil {
		return nil, err
	}
	if o.Engine == Graph {
		t.engine, err = autograd.NewTextGraph(t.encoder, o.loss())
	} else {
		t.engine, err = autograd.NewTextFused(t.encoder, o.loss(), o.Threads)
	}
	return t, err
}

// sifWeights returns a/(a+p) for tokens whose share of all is p.
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

// Names of the optimizer's parameters, and so of the tensors of its state.
const (
	tableMatrix      = "embedding"
	linearMatrix     = "linear"
	biasMatrix       = "bias"
	projectionMatrix = "projection"
)

// step moves the encoder against a gradient.
func (t *trainer) step(rows []int32, g *autograd.TextGradient, lr float64) error {
	table := g.Rows
	if t.options.Freeze {
		table = nil // it takes no step, and no part in the norm
	}
	if _, err := autograd.ClipNorm(t.options.ClipNorm, table, g.Linear, g.Bias, g.Projection); err != nil {
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

// model returns the model and the optimizer's state as they stand.
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
	return &checkpoints.Checkpoint{
		Config: checkpoints.Config{
			Kind: Kind, Dim: e.Dim, Options: options,
			Encoder: checkpoints.EncoderConfig{Hidden: e.Hidden, Project: e.Out, Pooling: o.Pooling, Normalize: true},
			Corpus: checkpoints.CorpusInfo{
				Sources: t.run.Sources, RawWords: pairs.Tokens(), Words: pairs.Tokens(), Lines: pairs.Examples(), Vocabulary: e.Rows,
				Fingerprint: pairs.Fingerprint(), Tokenizer: t.tokenizer.Fingerprint(),
			},
		},
		Tokenizer: t.tokenizer, Vocabulary: t.tokenizer.Vocabulary(),
		Tensors: tensors, State: state,
	}
}
