// Package skipgram trains word vectors with skip-gram and negative sampling
// (Mikolov, Sutskever, Chen, Corrado and Dean, "Distributed Representations of
// Words and Phrases and their Compositionality", 2013): each word around a word has
// to tell it from words drawn at random. The file algorithm.go is the algorithm.
//
// # From corpus to windows
//
// An epoch reads the text in blocks of about 16,384 words, in another order in each
// epoch (Shuffle). Frequent words are dropped at random (Subsample). The words up to
// Window away from each remaining word are its context; windows do not cross the ends of
// lines. The Negative noise words are drawn once for a window and shared by its context
// words (Ji, Satish, Li and Dubey, "Parallelizing Word2Vec in Shared and Distributed
// Memory", 2016), which turns a window into three small matrix products.
// The learning rate falls linearly, block by block, from LearningRate to a ten-thousandth of it.
//
// # Windows
//
// Near words say more about a word than distant ones. word2vec draws the reach of each window from
// 1 to Window, so that a word at distance d is in it with probability (Window+1-d)/Window. By
// default ([WindowsWeighted]) every word of the full window counts, with its loss multiplied
// by that number: the same objective in expectation, with less variance. [WindowsDrawn] is the
// way of word2vec, and in [WindowsFull] all words count alike; hierarchical softmax needs one of
// these. Distances are counted after subsampling.
//
// With less noise the steps can be larger: see [UsualRate].
//
// # Hierarchical softmax
//
// With [LossHS] each context word predicts the word as a path in a Huffman tree (Morin and
// Bengio, 2005; Mikolov et al., 2013): every turn of the path is one prediction, and the
// output rows are the inner nodes of the tree. The loss is then that of a
// softmax over the vocabulary, -log p of the word, and cannot be compared with that of
// negative sampling.
//
// # Character n-grams
//
// With NGrams the vector of a word is the mean of a row of its own and the rows of
// its character n-grams (Bojanowski, Grave, Joulin and Mikolov, "Enriching Word
// Vectors with Subword Information", 2017), which similar words share. A word
// that is not in the vocabulary gets the mean of its n-grams. Every row receives the full
// gradient of the mean, as in fastText.
//
// # Engines and threads
//
// Engine [Fused] trains a batch of windows with one operation that gorgonia drives: it
// computes the loss and the gradients and updates the rows in place. Engine [Graph] leaves all of
// the differentiation to gorgonia's own operations; it computes the same, some hundred times slower.
//
// Workers share the tables without locks. With Threads 1 two runs with the same
// options, text and seed on the same kind of processor give the same bytes; with
// Deterministic they do so at any number of threads, which then only prepare blocks
// for the one that trains.
package skipgram

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
var rates = words.Rates{Weighted: 0.05, Many: 0.03, Other: 0.025}

var _ = words.Register(words.Kind{
	Title: "skip-gram", Objective: objective, Rates: rates,
	Defaults: func() words.Options { return DefaultOptions().config() },
	Model:    "Skip-gram word vectors",
	Describe: func(*words.Options) string { return "skip-gram: each context word predicts the word" },
})

// UsualRate returns the usual learning rate for o: 0.05 in weighted windows, 0.03 there
// from ten epochs on, and 0.025 in drawn and full windows.
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
// Run.Start; o are the options of the run. A skip-gram model trained with negative sampling
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
