package training

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Names of a word model's tensors.
const (
	inputTensor  = "embedding.weight" // model.safetensors, [V, dim]
	outputTensor = "output.weight"    // training/state.safetensors, [V, dim]
)

// WordRun is what a word trainer needs beside its options.
type WordRun struct {
	Corpus    *corpora.Corpus
	Tokenizer *corpora.Tokenizer // that read the corpus
	Sources   []string           // what the corpus was read from, for the record
	Selection corpora.Selection  // what of it was read, for the record

	// Progress, if set, is called a few times a second.
	Progress func(Event)
	// Save, if set, is called with a checkpoint every SaveEvery (default 5
	// minutes) while the training stands still. The checkpoint shares the
	// trainer's memory: it is valid during the call only.
	Save      func(context.Context, *checkpoints.Checkpoint) error
	SaveEvery time.Duration

	// Resume, if set, is a checkpoint of an unfinished run, read with its
	// state, of the same options and the same corpus. The trainer goes on in its
	// tensors.
	Resume *checkpoints.Checkpoint
}

// batchCapacity is the length of a batch in numbers: some 10,000 windows of the
// default size, which outweigh the fixed cost of a run and fit the cache.
const batchCapacity = 1 << 17

// TrainWords trains objective over a corpus and returns the checkpoint. When
// ctx ends first it returns the unfinished checkpoint, from which the run can
// be resumed, together with ctx's error.
func TrainWords(ctx context.Context, objective *autograd.Objective, o WordOptions, run WordRun) (*checkpoints.Checkpoint, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if run.Corpus == nil || run.Tokenizer == nil {
		return nil, fmt.Errorf("%s: a corpus and its tokenizer are needed", objective.Name)
	}
	t, err := newWordTrainer(objective, o, run)
	if err != nil {
		return nil, err
	}
	loop := Loop{
		Threads:   o.Threads,
		Blocks:    int64(run.Corpus.Blocks()) * int64(o.Epochs),
		PerEpoch:  int64(run.Corpus.Blocks()),
		Start:     t.start,
		Schedule:  autograd.LinearDecay{Start: o.LearningRate, End: o.LearningRate * finalRate},
		NewWorker: t.newWorker,
		Progress:  t.progress,
		Log:       t.record,
		SaveEvery: run.SaveEvery,
	}
	if loop.SaveEvery == 0 {
		loop.SaveEvery = 5 * time.Minute
	}
	if run.Save != nil {
		loop.Save = func(ctx context.Context, done int64) error {
			return run.Save(ctx, t.checkpoint(Outcome{Done: done, Elapsed: time.Since(t.began)}, loop.Blocks))
		}
	}
	outcome, err := loop.Run(ctx)
	// A block that failed leaves half of an update behind, or numbers that are
	// none: that is no checkpoint, even if ctx has ended meanwhile.
	if err != nil && (ctx.Err() == nil || !errors.Is(err, ctx.Err())) {
		return nil, fmt.Errorf("%s: %w", objective.Name, err)
	}
	return t.checkpoint(outcome, loop.Blocks), err
}

// wordTrainer is one run of TrainWords.
type wordTrainer struct {
	objective *autograd.Objective
	options   WordOptions
	run       WordRun
	tokenizer *corpora.Tokenizer // with the vocabulary
	tables    *autograd.Tables
	windows   *Windows
	start     int64 // blocks done before this run
	spent     float64
	began     time.Time

	mu   sync.Mutex   // guards what follows: events come from goroutines of their own
	log  bytes.Buffer // training/log.jsonl
	loss float64      // of the last event that had one
}

func newWordTrainer(objective *autograd.Objective, o WordOptions, run WordRun) (*wordTrainer, error) {
	v := run.Corpus.Vocabulary()
	if v.Len() < 2 {
		return nil, fault.New("give more text or a lower --min-count", "%s: the vocabulary holds %d word; at least 2 are needed", objective.Name, v.Len())
	}
	tokenizer, err := run.Tokenizer.WithVocabulary(v)
	if err != nil {
		return nil, err
	}
	t := &wordTrainer{
		objective: objective, options: o, run: run, tokenizer: tokenizer,
		windows: NewWindows(v, &o), began: time.Now(),
	}
	if run.Resume != nil {
		return t, t.resume(run.Resume)
	}
	t.tables, err = autograd.NewTables(v.Len(), o.Dim, o.Seed)
	return t, err
}

// resume takes the tables and the position from a checkpoint.
func (t *wordTrainer) resume(c *checkpoints.Checkpoint) error {
	p, was, now := c.Config.Progress, c.Config.Corpus, t.run.Corpus
	total := int64(t.run.Corpus.Blocks()) * int64(t.options.Epochs)
	switch {
	case c.Config.Kind != t.objective.Name:
		return fmt.Errorf("resume: the checkpoint is of a %s trainer, not %s", c.Config.Kind, t.objective.Name)
	case p.TotalBlocks != total || was.RawWords != now.RawWords() || was.Words != now.Words() || was.Lines != now.Lines():
		return fault.New("resume with the text the training began with",
			"resume: the corpus has changed: it holds %d words, %d in the vocabulary, in %d lines and %d blocks; the checkpoint was made with %d, %d, %d and %d",
			now.RawWords(), now.Words(), now.Lines(), total, was.RawWords, was.Words, was.Lines, p.TotalBlocks)
	case p.Blocks < 0 || p.Blocks > total:
		return fmt.Errorf("resume: position %d of %d blocks", p.Blocks, total)
	}
	v, d := t.run.Corpus.Vocabulary().Len(), t.options.Dim
	in, err := restore(c.Tensors, inputTensor, v, d)
	if err != nil {
		return err
	}
	out, err := restore(c.State, outputTensor, v, d)
	if err != nil {
		return err
	}
	t.tables = &autograd.Tables{Rows: v, Dim: d, Stride: kernel.Stride(d), In: in, Out: out}
	t.start, t.spent = p.Blocks, p.Seconds
	t.loss = p.Loss
	t.log.Write(c.Log)
	return nil
}

// restore returns the padded table of a tensor.
func restore(tensors map[string]checkpoints.Tensor, name string, rows, dim int) ([]float32, error) {
	x, ok := tensors[name]
	if !ok {
		return nil, fault.New("only a model whose training was interrupted, with its training folder, can be resumed", "resume: the checkpoint has no tensor %s", name)
	}
	if len(x.Shape) != 2 || x.Shape[0] != rows || x.Shape[1] != dim {
		return nil, fmt.Errorf("resume: tensor %s has shape %v, [%d %d] is needed", name, x.Shape, rows, dim)
	}
	stride := kernel.Stride(dim)
	if x.Stride == stride {
		return x.Data, nil
	}
	from := x.Stride
	if from == 0 {
		from = dim
	}
	table := kernel.Aligned(rows * stride)
	for r := range rows {
		copy(table[r*stride:r*stride+dim], x.Data[r*from:r*from+dim])
	}
	return table, nil
}

func (t *wordTrainer) newWorker() (Worker, error) {
	engine, err := t.newEngine(t.tables)
	if err != nil {
		return nil, err
	}
	return &wordWorker{trainer: t, engine: engine}, nil
}

// newEngine returns the engine of the options on some tables.
func (t *wordTrainer) newEngine(tables *autograd.Tables) (autograd.Engine, error) {
	if t.options.Engine == Graph {
		return autograd.NewGraph(t.objective, tables, t.windows.MaxContext(), t.windows.Outputs())
	}
	return autograd.NewFused(t.objective, tables, t.windows.MaxContext(), t.windows.Outputs(), t.capacity())
}

func (t *wordTrainer) capacity() int { return max(batchCapacity, t.windows.MaxSize()) }

// wordWorker trains blocks with an engine of its own on the shared tables.
type wordWorker struct {
	trainer *wordTrainer
	engine  autograd.Engine
	ids     []int32
	scratch Scratch
}

func (w *wordWorker) Block(b int64, lr float64) (BlockStats, error) {
	t := w.trainer
	var s BlockStats
	var err error
	if w.ids, err = t.run.Corpus.Block(w.ids[:0], int(b%int64(t.run.Corpus.Blocks()))); err != nil {
		return s, err
	}
	rng := NewRandom(t.options.Seed, b)
	s.Units, err = t.windows.Each(w.ids, rng, t.capacity(), &w.scratch, func(batch []int32) error {
		loss, targets, err := w.engine.Step(batch, float32(lr))
		s.Loss += loss
		s.Targets += targets
		return err
	})
	return s, err
}

func (w *wordWorker) Close() error { return w.engine.Close() }

// LogLine is a line of training/log.jsonl.
type LogLine struct {
	Time           time.Time `json:"time"`
	Progress       float64   `json:"progress"`
	Epoch          int       `json:"epoch"`
	Loss           float64   `json:"loss"`
	WordsPerSecond float64   `json:"words_per_second"`
	LearningRate   float64   `json:"lr"`
}

// progress passes an event on; an event since which nothing was finished
// repeats the loss of the one before.
func (t *wordTrainer) progress(e Event) {
	t.mu.Lock()
	if e.Loss == 0 {
		e.Loss = t.loss
	}
	t.loss = e.Loss
	t.mu.Unlock()
	if t.run.Progress != nil {
		t.run.Progress(e)
	}
}

// record appends an event to the log.
func (t *wordTrainer) record(e Event) {
	line, err := json.Marshal(LogLine{time.Now().UTC().Truncate(time.Millisecond), e.Progress, e.Epoch, e.Loss, e.UnitsPerSecond, e.LearningRate})
	if err != nil { // a number that is none: the loop ends the run for it
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log.Write(append(line, '\n'))
}

// checkpoint returns the run as it stands; its tensors are the live tables.
func (t *wordTrainer) checkpoint(out Outcome, total int64) *checkpoints.Checkpoint {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, d := t.tables.Rows, t.tables.Dim
	c := t.run.Corpus
	options, _ := json.Marshal(t.options) // plain numbers and strings
	loss := out.Loss
	if loss == 0 {
		loss = t.loss
	}
	return &checkpoints.Checkpoint{
		Config: checkpoints.Config{
			Kind:    t.objective.Name,
			Dim:     d,
			Created: time.Now().UTC().Format(time.RFC3339),
			Encoder: checkpoints.EncoderConfig{Pooling: "mean", Normalize: true},
			Options: options,
			Corpus: checkpoints.CorpusInfo{
				Sources: t.run.Sources, Field: t.run.Selection.Field, Column: t.run.Selection.Column, RawWords: c.RawWords(), Words: c.Words(), Lines: c.Lines(), Vocabulary: v,
			},
			Progress: checkpoints.Progress{
				Done:        float64(out.Done) / float64(total),
				Blocks:      out.Done,
				TotalBlocks: total,
				Epoch:       int(out.Done / int64(c.Blocks())),
				Epochs:      t.options.Epochs,
				Loss:        loss,
				Seconds:     t.spent + out.Elapsed.Seconds(),
				Finished:    out.Done >= total,
			},
		},
		Tokenizer:  t.tokenizer,
		Vocabulary: c.Vocabulary(),
		Tensors: map[string]checkpoints.Tensor{
			inputTensor: {Shape: []int{v, d}, Stride: t.tables.Stride, Data: t.tables.In},
		},
		State: map[string]checkpoints.Tensor{
			outputTensor: {Shape: []int{v, d}, Stride: t.tables.Stride, Data: t.tables.Out},
		},
		Log: bytes.Clone(t.log.Bytes()),
	}
}
