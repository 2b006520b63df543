package words

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
)

// Names of a word model's tensors.
const (
	inputTensor    = checkpoints.EmbeddingTensor // model.safetensors, [V, dim]
	ngramTensor    = checkpoints.NGramTensor     // model.safetensors, [R, dim]; only with n-grams
	outputTensor   = checkpoints.OutputTensor    // training/state.safetensors, [V, dim]
	wordTensor     = checkpoints.WordTensor      // training/state.safetensors, [V, dim]: the words' own rows, where these are not their vectors
	positionTensor = checkpoints.PositionTensor  // training/state.safetensors, [2·window, dim]; only with position weights
)

// Run is what a word trainer needs besides its options. The public packages declare the same
// fields.
type Run struct {
	Corpus    *corpora.Corpus
	Tokenizer *tokenize.Tokenizer // the tokenizer that read the corpus
	Sources   []string            // names of the inputs of the corpus, for the record
	Selection text.Selection      // field or column that was read, for the record
	Cache     string              // folder of the cached corpus, for the record; "" is none

	// Progress, if set, is called a few times a second.
	Progress func(training.Event)
	// Save, if set, is called with a checkpoint every SaveEvery (default 5 minutes) and at the
	// ends of epochs, while training pauses. The checkpoint shares the trainer's memory and is
	// valid during the call only.
	Save      func(context.Context, *checkpoints.Checkpoint) error
	SaveEvery time.Duration

	// Validation, if set, judges the model while training pauses.
	Validation *training.Validation

	// Resume, if set, is a checkpoint of an unfinished run with the same options and the same
	// corpus, read with its state. The trainer continues in its tensors.
	Resume *checkpoints.Checkpoint

	// Start, if set, holds the initial word vectors; without it they are random. It is
	// ignored with Resume.
	Start *Start

	// Part, if set, makes this one part of training that is divided among processes: Corpus is a
	// shard, and the run covers one round. Its Parent is filled in. Ignored with Resume.
	Part *checkpoints.Part
	// Parent is the average of the round before, read with its state. It is needed from the second
	// round on. The trainer takes ownership of its tensors.
	Parent *checkpoints.Checkpoint
}

// batchCapacity is the length of a batch in numbers: about 10,000 windows of the
// default size, which outweigh the fixed cost of a run and fit the cache.
const batchCapacity = 1 << 17

// Train trains objective over a corpus and returns the checkpoint. If ctx ends first, it
// returns the unfinished checkpoint, from which the run can be resumed, together with ctx's
// error.
func Train(ctx context.Context, objective *Objective, o Options, run Run) (*checkpoints.Checkpoint, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if run.Corpus == nil || run.Tokenizer == nil {
		return nil, fmt.Errorf("%s: Corpus and Tokenizer must be set", objective.Name)
	}
	objective, err := o.objective(objective)
	if err != nil {
		return nil, err
	}
	t, err := newWordTrainer(objective, o, run)
	if err != nil {
		return nil, err
	}
	defer t.heldOut.close()
	reference, err := t.reference()
	if err != nil {
		return nil, err
	}
	return t.Run(ctx, training.Loop{
		Threads:   o.Threads,
		Ordered:   o.Deterministic,
		Schedule:  o.schedule(),
		NewWorker: t.newWorker,
		Untrained: reference,
		Try:       t.rateToTry(),
	})
}

func (o *Options) schedule() autograd.Schedule {
	return autograd.LinearDecay{Start: o.LearningRate, End: o.LearningRate * finalRate}
}

// Rate returns the learning rate when a share of a run is done, from 0 to 1.
func Rate(o *Options, progress float64) float64 { return o.schedule().At(progress) }

// moreWords says how the vocabulary of a corpus could have more words.
func moreWords(c *corpora.Corpus, o *Options) string {
	var ways []string
	if n := c.Vocabulary().Len(); n == o.MaxVocabulary {
		ways = append(ways, "raise MaxVocabulary")
	} else if c.DistinctWords() > n && o.MinCount > 1 {
		ways = append(ways, "lower MinCount")
	}
	return strings.Join(append(ways, "provide text of more different words"), ", or ")
}

// reference returns the loss far above which a run has diverged: that of an untrained model, or
// of the model that the run starts from, which may be worse on new text.
func (t *wordTrainer) reference() (float64, error) {
	if t.Untrained == 0 || t.run.Resume == nil || t.run.Resume.Config.Progress.Finished {
		return t.Untrained, nil
	}
	w, err := t.newWordWorker()
	if err != nil {
		return 0, err
	}
	defer w.Close()
	if err := w.Prepare(t.run.Resume.Config.Progress.Blocks % t.Blocks); err != nil {
		return 0, err
	}
	s, err := w.Train(0)
	return max(t.Untrained, s.Mean()), err
}

// rateToTry returns a learning rate to suggest if the run diverges.
func (t *wordTrainer) rateToTry() float64 {
	rate := t.options.LearningRate / 4
	if kind, ok := Lookup(t.objective.Name); ok {
		rate = min(rate, kind.Rates.Usual(&t.options))
	}
	return rate
}

// wordTrainer is one run of Train.
type wordTrainer struct {
	objective *Objective
	options   Options
	run       Run
	tokenizer *tokenize.Tokenizer // with the vocabulary
	ngrams    *tokenize.NGrams    // nil: none
	tables    *Tables
	windows   *Windows
	heldOut   heldOut
	earlier   []checkpoints.CorpusInfo // texts before this run's
	license   string                   // of the vectors that training started from, as is origin
	origin    string
	part      *checkpoints.Part // nil: training is not divided
	counts    []float32         // [V] of part, of runs before this one
	workers   []*wordWorker     // of part
	training.Session
}

func newWordTrainer(objective *Objective, o Options, run Run) (*wordTrainer, error) {
	v := run.Corpus.Vocabulary()
	if v.Len() < 2 {
		return nil, fault.Mention(moreWords(run.Corpus, &o), "%s: the vocabulary needs at least 2 words, got %d", objective.Name, v.Len())
	}
	if run.Corpus.Blocks() == 0 {
		return nil, fmt.Errorf("%s: the corpus is empty or has been closed", objective.Name)
	}
	tokenizer, err := run.Tokenizer.WithVocabulary(v)
	if err != nil {
		return nil, err
	}
	o.SettleSubsample(v)
	t := &wordTrainer{
		objective: objective, options: o, run: run, tokenizer: tokenizer,
		windows: NewWindows(v, &o),
	}
	perEpoch := int64(run.Corpus.Blocks())
	t.Session = training.Session{
		Kind: objective.Name, Blocks: perEpoch * int64(o.Epochs), PerEpoch: perEpoch, Epochs: o.Epochs, Units: run.Corpus.Words(), Unit: "words",
		Untrained: objective.untrained(v, &o), Model: t.model, HeldOut: t.heldOutLoss, Progress: run.Progress, Save: run.Save, SaveEvery: run.SaveEvery,
	}
	if run.Validation != nil {
		for _, set := range run.Validation.Sets {
			if set.Text != nil {
				if err := t.checkHeldOut(set); err != nil {
					return nil, err
				}
			}
		}
		if err := t.Watch(run.Validation, run.Resume); err != nil {
			return nil, err
		}
	}
	if run.Resume != nil {
		return t, t.resume(run.Resume)
	}
	if run.Part != nil && run.Part.Round > 1 {
		return t, t.beginRound(*run.Part, run.Parent)
	}
	if run.Start == nil && o.FreezeInit {
		return nil, fmt.Errorf("%s: FreezeInit requires Start: without it there are no vectors to freeze", objective.Name)
	}
	if t.tables, err = NewTables(v.Len(), o.Dim, o.Seed); err != nil {
		return nil, err
	}
	if n := objective.Positions; n > 0 {
		t.tables.AddPositions(n)
	}
	if o.NGrams.Max > 0 {
		if t.ngrams, err = tokenize.NewNGrams(v, o.NGrams); err != nil {
			return nil, err
		}
		t.tables.AddNGrams(t.ngrams.Rows(), t.ngrams.Of, o.Seed)
	}
	if run.Start != nil {
		t.run.Start = nil // its tables are not needed twice
		if err := t.begin(run.Start); err != nil {
			return nil, err
		}
	}
	if run.Part != nil {
		return t, t.beginRound(*run.Part, nil)
	}
	return t, nil
}
