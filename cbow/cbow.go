// Package cbow trains word vectors with the continuous bag of words and negative
// sampling (Mikolov, Chen, Corrado and Dean, "Efficient Estimation of Word
// Representations in Vector Space", 2013): the mean of the vectors around a word
// has to tell it from words drawn at random. The file algorithm.go is the algorithm.
//
// Text, subsampling, noise, hierarchical softmax, character n-grams, threads and engines
// are those of package skipgram.
//
// # Windows
//
// With [WindowsWeighted], the default, the mean is weighted: a word at distance d
// counts (Window+1-d)/Window, which is how often a window of drawn reach would include it,
// and the loss of a window is multiplied by the sum of its weights. Each word receives the true
// gradient of that mean. In drawn and full windows the mean is not weighted, and each context
// word receives its gradient undivided, as in word2vec: m times the true gradient in a
// window of m words, which is wrong for the reasons given by İrsoy, Benton and
// Stratos ("Corrected CBOW Performs as well as Skip-gram", 2021). For learning rates see
// [UsualRate].
//
// # What the vector of a word is
//
// With SumVectors, the default, the vector of a word is the sum of its row in the
// input table, as a context word, and its row in the output table, as the predicted
// word (Pennington, Socher and Manning, "GloVe", 2014; Levy, Goldberg
// and Dagan, "Improving Distributional Similarity with Lessons Learned from Word
// Embeddings", 2015). The sum is taken when a model is saved or
// judged; training uses the two tables, and a checkpoint stores both.
// Hierarchical softmax has no output rows of words; with it, with n-grams and with frozen
// vectors SumVectors must be off.
//
// # Other forms
//
// CBOWSum takes the sum of the vectors instead of their mean; long windows then count
// more, and the gradient is the true one. With PositionWeights the model learns how
// much each place in the window counts, for each dimension: the mean is of d_p ⊙ x with a
// row d_p for each place p from -Window to Window (Mikolov, Grave, Bojanowski,
// Puhrsch and Joulin, "Advances in Pre-Training Distributed Word Representations",
// 2018), in windows that are not weighted. The rows start at 1. Places are counted
// after subsampling. The rows belong to the training, not to the model.
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

// rates are the usual initial learning rates.
var rates = words.Rates{Weighted: 0.035, Many: 0.03, Other: 0.05}

var _ = words.Register(words.Kind{
	Title: "the continuous bag of words", Objective: objective, Rates: rates,
	Defaults: func() words.Options { return DefaultOptions().config() },
	Model:    "CBOW word vectors",
	Describe: describe,
})

// describe says for the model card what o makes of the objective.
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

// UsualRate returns the usual learning rate for o: 0.035 in weighted windows, 0.03 there
// from ten epochs on, and 0.05 in drawn and full windows.
func UsualRate(o Options) float64 {
	c := o.config()
	return rates.Usual(&c)
}

// Run is the input of a training and its callbacks. Only Corpus and Tokenizer are required.
type Run struct {
	Corpus    *corpora.Corpus
	Tokenizer *tokenize.Tokenizer // the one that read the corpus
	Sources   []string            // names of what the corpus was read from, for the record
	Selection text.Selection      // which field or column of it was read, for the record
	Cache     string              // folder of the cached corpus, for the record; "" is none

	// Progress, if set, is called a few times a second.
	Progress func(Event)
	// Save, if set, is called with a checkpoint every SaveEvery (default 5 minutes) and at
	// the ends of epochs, while the training pauses. The checkpoint shares the
	// trainer's memory and is valid during the call only.
	Save      func(context.Context, *checkpoints.Checkpoint) error
	SaveEvery time.Duration

	// Validation, if set, judges the model while the training pauses.
	Validation *Validation

	// Resume, if set, is a checkpoint of an unfinished run, read with its state, of the
	// same options and the same corpus. The trainer continues in its tensors.
	Resume *checkpoints.Checkpoint

	// Start, if set, holds the initial word vectors; without it they are random. It is
	// ignored with Resume.
	Start *Start
}

// Event is the progress of a training, as Run.Progress receives it.
type Event = training.Event

// Validation, of Run, judges a model while it trains, by sets that are measured
// as often as a Cadence says. [OpenValidation] makes one from files.
type (
	Validation    = training.Validation
	ValidationSet = training.ValidationSet
	Cadence       = training.Cadence
)

// ErrDiverged is wrapped by the error of a training whose loss is no longer a finite
// number: the learning rate was too high.
var ErrDiverged = training.ErrDiverged

// Start holds initial word vectors.
type Start = words.Start

// Train learns word vectors from run.Corpus and returns the checkpoint.
//
// When ctx ends first, Train returns the unfinished checkpoint together with
// ctx's error; a Run with Resume set to it continues where it stopped. Other
// errors are an option out of range, a corpus that cannot be read, a checkpoint
// that cannot be saved, and ErrDiverged.
func Train(ctx context.Context, o Options, run Run) (*checkpoints.Checkpoint, error) {
	return words.Train(ctx, objective, o.config(), words.Run(run))
}

// NewStart reads the vectors of the words of v, the vocabulary of the corpus, for
// Run.Start; o are the options of the run. A CBOW model trained with negative sampling
// and opened with its state gives its output vectors too. It is
// an error if the dimensions differ or no word is found.
func NewStart(ctx context.Context, vectors *exchange.Vectors, v *tokenize.Vocabulary, o Options) (*Start, error) {
	return words.NewStart(ctx, vectors, v, objective.Name, o.config())
}

// Continue returns a checkpoint for Run.Resume from which the model of c is trained further
// on new text. corpus was built with the vocabulary of c, or with that as
// BuildOptions.Base, which adds new words. o are the options of the new run.
func Continue(c *checkpoints.Checkpoint, corpus *corpora.Corpus, o Options) (*checkpoints.Checkpoint, error) {
	return words.Continue(c, corpus, o.config())
}

// OpenValidation reads evaluation files and returns a Validation of models of corpus, whose
// text tokenizer reads; o are the options of the run. A file holds word pairs with
// scores, analogies, or text, of which the loss is measured; its lines show which, or
// words:FILE, analogies:FILE and text:FILE say so. The first file decides which
// model is best. It is an error if a file has nothing in common with the vocabulary.
// Close the Validation after the training.
func OpenValidation(ctx context.Context, corpus *corpora.Corpus, tokenizer *tokenize.Tokenizer, o Options, files ...string) (*Validation, error) {
	sets, err := words.ReadSets(files...)
	if err != nil {
		return nil, err
	}
	return words.OpenValidation(ctx, sets, corpus, tokenizer, o.NGrams.Max > 0)
}

// ResumeOptions are the input of Resume and its callbacks. All fields are optional.
type ResumeOptions struct {
	Corpus []string       // names of the text; default: from where it was read before
	Cached corpora.Cached // cache of the corpus; Dir is by default that of the run

	Threads   int                                                  // workers; default: as the run began
	Progress  func(Event)                                          // see Run
	Save      func(context.Context, *checkpoints.Checkpoint) error // see Run
	SaveEvery time.Duration                                        // see Run

	Validation *Validation // default: the files and settings of the run
}

// Resume continues the interrupted training in a model folder to its end, with the options
// and the text that it began with, and returns the checkpoint as Train does. Interrupted
// and resumed, a run with one thread gives the same bytes as without the interruption.
func Resume(ctx context.Context, folder string, o ResumeOptions) (*checkpoints.Checkpoint, error) {
	return words.Resume(ctx, objective.Name, folder, words.ResumeOptions(o))
}
