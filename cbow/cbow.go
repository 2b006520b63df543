// Package cbow trains word vectors with the continuous bag of words, CBOW (Mikolov, Chen,
// Corrado and Dean, "Efficient Estimation of Word Representations in Vector Space", 2013):
// the mean of the vectors around a word is trained to predict that word.
//
//	the  quick  brown  FOX  jumps  over  the        Window = 2
//	       └──────┴──► ▲ ◄────┴─────┘               the mean of the four must distinguish "fox"
//	                                                from Negative words drawn at random
//
// [Train] trains a model on a corpus, [Resume] finishes an interrupted run, and [Continue]
// trains a finished model on new text. The file algorithm.go is the algorithm, from the
// equation to the call of the kernel.
//
// Blocks, subsampling, negative samples, hierarchical softmax, character n-grams, threads and
// reproducibility are as in package skipgram.
//
// # Windows
//
// With [WindowsWeighted], the default, the mean is weighted. A word at distance d has the weight
// (Window+1-d)/Window, which is how often a window of random reach would include it, and the
// loss of a window is multiplied by the sum of its weights. Each word receives the true gradient
// of that mean. With [WindowsDrawn] and [WindowsFull] the mean is not weighted, and each context
// word receives the gradient undivided, as in word2vec: m times the true gradient in a window of
// m words. İrsoy, Benton and Stratos explain why that is wrong ("Corrected CBOW Performs as
// well as Skip-gram", 2021). For learning rates see [UsualRate].
//
// # The vector of a word
//
// With SumVectors, the default, the vector of a word is the sum of its input row, which
// represents it as a context word, and its output row, which represents it as the predicted word
// (Pennington, Socher and Manning, "GloVe", 2014; Levy, Goldberg and Dagan, "Improving
// Distributional Similarity with Lessons Learned from Word Embeddings", 2015). The sum is computed
// when a model is saved or evaluated. Training uses the two tables, and a checkpoint stores both.
// Hierarchical softmax has no output rows for words, so SumVectors must be off with it, and also
// with NGrams and with FreezeInit.
//
// # Sums and position weights
//
// CBOWSum uses the sum of the vectors instead of their mean. Longer windows then count more, and
// the gradient is the true one. PositionWeights learns how much each position in the window
// counts, for each dimension: the mean is taken of d_p ⊙ x, with a row d_p for each position p
// from -Window to Window (Mikolov, Grave, Bojanowski, Puhrsch and Joulin, "Advances in
// Pre-Training Distributed Word Representations", 2018). It cannot be combined with
// [WindowsWeighted]. The rows start at 1, and positions are counted after subsampling. Position
// weights are stored with the training state; the finished model does not need them.
//
// # What gorgonia does
//
// With Engine [Graph], gorgonia does all of the differentiation: the loss is a graph of
// stock gorgonia operations, one window at a time. With Engine [Fused], the default,
// gorgonia's tape machine drives one operation for a batch of windows, which does the forward
// pass, the backward pass and the update in place. Both compute the same; Graph is a few
// hundred times slower and serves as the reference.
package cbow

import (
	"context"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
)

// rates are the initial learning rates that UsualRate returns.
var rates = words.Rates{Weighted: 0.035, Many: 0.03, Other: 0.05}

var _ = words.Register(words.Kind{
	Title: "the continuous bag of words", Objective: objective, Rates: rates,
	Defaults: func() words.Options { return DefaultOptions().config() },
	Model:    "CBOW word vectors",
	Describe: describe,
})

// describe returns the objective with options o, in words, for the model card.
func describe(o *words.Options) string {
	part := "mean"
	if o.CBOWSum {
		part = "sum"
	}
	if o.Windows == words.WindowsWeighted {
		part = "weighted " + part
	}
	text := "CBOW: the " + part + " of the context words predicts the word"
	if o.PositionWeights {
		text += ", with a learned weight for each position"
	}
	return text
}

// UsualRate returns the usual initial learning rate for o: with weighted windows 0.035, or
// 0.03 for ten or more epochs; with drawn and full windows 0.05.
func UsualRate(o Options) float64 {
	c := o.config()
	return rates.Usual(&c)
}

// Run holds the input of [Train] and its callbacks. Only Corpus and Tokenizer are required.
type Run struct {
	Corpus    *corpora.Corpus
	Tokenizer *tokenize.Tokenizer // the tokenizer that the corpus was built with
	Sources   []string            // names of the sources the corpus was built from; recorded in the checkpoint
	Selection text.Selection      // the field or column that was read from them; recorded in the checkpoint
	Cache     string              // folder of the cached corpus, or ""; recorded in the checkpoint

	// Progress, if set, is called a few times a second.
	Progress func(Event)
	// Save, if set, is called with a checkpoint every SaveEvery (default 5 minutes) and at
	// the end of each epoch. Training pauses during the call. The checkpoint shares the
	// trainer's memory and is valid only until Save returns.
	Save      func(context.Context, *checkpoints.Checkpoint) error
	SaveEvery time.Duration

	// Validation, if set, evaluates the model from time to time. Training pauses meanwhile.
	Validation *Validation

	// Resume, if set, is the checkpoint of an unfinished run with the same options and the
	// same corpus, read with its training state. The trainer takes ownership of its tensors.
	Resume *checkpoints.Checkpoint

	// Start, if set, holds the initial word vectors. Default: random vectors. Ignored if
	// Resume is set.
	Start *Start

	// Part, if set, makes the run one part of training that is divided among processes: one round
	// on one shard, for [Average]. Corpus is the shard, with the vocabulary of the whole text. The
	// learning rates are those of the whole run. Ignored if Resume is set.
	Part *Part
	// Parent is the average of the round before, read with its training state; the first round
	// has none. The trainer takes ownership of its tensors.
	Parent *checkpoints.Checkpoint
}

// Part places a run in training that is divided among processes.
type Part = checkpoints.Part

// Event reports the progress of a run to Run.Progress.
type Event = training.Event

// Validation evaluates a model while it trains, on each ValidationSet as often as its Cadence
// says. [OpenValidation] creates one from files.
type (
	Validation    = training.Validation
	ValidationSet = training.ValidationSet
	Cadence       = training.Cadence
)

// ErrDiverged is wrapped by the error of a run whose loss is no longer finite, or is more than
// five times that of an untrained model, because the learning rate was too high.
var ErrDiverged = training.ErrDiverged

// ErrFinished is wrapped by the error of [Resume] for a run that is already finished or stopped
// early.
var ErrFinished = words.ErrFinished

// Start holds initial word vectors.
type Start = words.Start

// Train learns word vectors from run.Corpus and returns the checkpoint.
//
// If ctx is canceled, Train returns the unfinished checkpoint together with ctx's error; a
// Run with Resume set to that checkpoint continues where it stopped. Train also fails if an
// option is out of range, the corpus cannot be read, a checkpoint cannot be saved, or the loss
// diverges ([ErrDiverged]).
func Train(ctx context.Context, o Options, run Run) (*checkpoints.Checkpoint, error) {
	return words.Train(ctx, objective, o.config(), words.Run(run))
}

// NewStart reads the initial vectors of the words of v, the vocabulary of the corpus, for
// Run.Start; o holds the options of the run. Output vectors are reused if vectors is a CBOW
// model that was trained with negative sampling and opened with its training state. NewStart
// fails if the dimensions differ or no word of v is found.
func NewStart(ctx context.Context, vectors *exchange.Vectors, v *tokenize.Vocabulary, o Options) (*Start, error) {
	return words.NewStart(ctx, vectors, v, objective.Name, o.config())
}

// Continue returns a checkpoint for Run.Resume that trains the model of c further, on new
// text. The corpus must be built with the vocabulary of c, or with that vocabulary as
// BuildOptions.Base, which adds new words. o holds the options of the new run.
func Continue(c *checkpoints.Checkpoint, corpus *corpora.Corpus, o Options) (*checkpoints.Checkpoint, error) {
	return words.Continue(c, corpus, o.config())
}

// OpenValidation reads evaluation files and returns a Validation for models that are trained
// on corpus with options o. tokenizer is the one that the corpus was built with.
//
// A file holds word pairs with scores, analogies, or text on which the loss is measured. The
// type is detected from its lines; to set it, write words:FILE, analogies:FILE or text:FILE. The
// first file decides which model is best. OpenValidation fails if a file has no word in common
// with the vocabulary. Close the Validation after training.
func OpenValidation(ctx context.Context, corpus *corpora.Corpus, tokenizer *tokenize.Tokenizer, o Options, files ...string) (*Validation, error) {
	return ValidationOptions{}.Open(ctx, corpus, tokenizer, o, files...)
}

// ValidationOptions controls how [ValidationOptions.Open] reads evaluation files.
type ValidationOptions struct {
	ScoreColumn int // column of the scores in files of word pairs, from 1; default 0: detected
}

// Open is [OpenValidation] with options.
func (v ValidationOptions) Open(ctx context.Context, corpus *corpora.Corpus, tokenizer *tokenize.Tokenizer, o Options, files ...string) (*Validation, error) {
	sets, err := words.SetOptions(v).Read(files...)
	if err != nil {
		return nil, err
	}
	return words.OpenValidation(ctx, sets, corpus, tokenizer, o.NGrams.Max > 0)
}

// ResumeOptions holds the input of [Resume] and its callbacks. All fields are optional.
type ResumeOptions struct {
	Corpus []string       // names of the text files; default: those of the interrupted run
	Cached corpora.Cached // cache of the corpus; default of Dir: the cache of the interrupted run

	Threads   int                                                  // number of workers; default: as in the interrupted run
	Progress  func(Event)                                          // see Run
	Save      func(context.Context, *checkpoints.Checkpoint) error // see Run
	SaveEvery time.Duration                                        // see Run

	Validation *Validation // default: the files and settings of the interrupted run
}

// Resume finishes the interrupted run in a model folder, with its original options and text,
// and returns the checkpoint as [Train] does. With one thread, the result is the same, byte for
// byte, as without the interruption.
func Resume(ctx context.Context, folder string, o ResumeOptions) (*checkpoints.Checkpoint, error) {
	return words.Resume(ctx, objective.Name, folder, words.ResumeOptions(o))
}
