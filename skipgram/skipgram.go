// Package skipgram trains word vectors with skip-gram (Mikolov, Sutskever, Chen,
// Corrado and Dean, "Distributed Representations of Words and Phrases and their
// Compositionality", 2013): each word near another is trained to predict it.
//
//	the  quick  brown  FOX  jumps  over  the        Window = 2
//	       └──────┴──► ▲ ◄────┴─────┘               each of the four must distinguish "fox"
//	                                                from Negative words drawn at random
//
// [Train] trains a model on a corpus, [Resume] finishes an interrupted run, and [Continue]
// trains a finished model on new text. The file algorithm.go is the algorithm, from the
// equation to the call of the kernel.
//
// # From corpus to windows
//
// An epoch reads the text in blocks of about 16,384 words. The order of the blocks changes
// from epoch to epoch (Shuffle). Frequent words are dropped at random (Subsample). The
// context of each remaining word is the words up to Window away; windows do not cross the
// ends of lines. The negative samples are drawn once for each window and shared by its
// context words (Ji, Satish, Li and Dubey, "Parallelizing Word2Vec in Shared and Distributed
// Memory", 2016), so that a window is three small matrix products. The learning rate falls
// linearly, block by block, from LearningRate to a ten-thousandth of it.
//
// # High learning rates and frequent words
//
// A step moves the rows of a window by the sum of the gradients of all its words. At rates above
// 0.1 (0.05 with windows of 20 words or more, or 50 negatives) such a step overshoots, and the
// vectors grow without bound; a higher rate is therefore taken in up to ten steps over each batch,
// which takes longer. A run whose loss is more than
// five times that of an untrained model has diverged ([ErrDiverged]).
//
// Subsample -t stands for the first of the thresholds t, 10t, 100t and so on that keeps a third
// of the text: t in ordinary text, more in text of few different words, such as shopping baskets
// or random walks on a small graph, of which t would leave too little to learn from.
//
// # Windows
//
// Nearby words say more about a word than distant ones. word2vec therefore draws the reach of
// each window from 1 to Window, which includes a word at distance d with probability
// (Window+1-d)/Window. By default ([WindowsWeighted]) every word of the full window counts,
// with its loss multiplied by that probability: the same objective in expectation, with less
// variance. Less variance allows larger steps; see [UsualRate]. [WindowsDrawn] draws the
// reach as word2vec does, and [WindowsFull] weights all words equally. Hierarchical softmax needs
// one of these two. Distances are counted after subsampling.
//
// # Hierarchical softmax
//
// With [LossHS] each context word predicts the path to the word in a Huffman tree (Morin and
// Bengio, 2005; Mikolov et al., 2013). Every branch of the path is one prediction, and the
// rows of the output table belong to the inner nodes of the tree. The loss is then that of a
// softmax over the vocabulary, -log p of the word. It cannot be compared with the loss of
// negative sampling.
//
// # Character n-grams
//
// With NGrams the vector of a word is the mean of its own row and the rows of its character
// n-grams (Bojanowski, Grave, Joulin and Mikolov, "Enriching Word Vectors with Subword
// Information", 2017), which similar words share. A word outside the vocabulary gets the mean
// of its n-grams. Every row receives the full gradient of the mean, as in fastText.
//
// # What gorgonia does
//
// With Engine [Graph], gorgonia does all of the differentiation: the loss is a graph of
// stock gorgonia operations, one window at a time. With Engine [Fused], the default,
// gorgonia's tape machine drives one operation for a batch of windows, which does the forward
// pass, the backward pass and the update in place. Both compute the same; Graph is a few
// hundred times slower and serves as the reference.
//
// # Threads and reproducibility
//
// Workers share the tables without locks. With Threads 1, two runs with the same options,
// text and seed on the same kind of processor give the same bytes. With Deterministic they do
// so with any number of threads: one of them trains, and the others only prepare blocks.
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

// rates are the initial learning rates that UsualRate returns.
var rates = words.Rates{Weighted: 0.05, Many: 0.03, Other: 0.025}

var _ = words.Register(words.Kind{
	Title: "skip-gram", Objective: objective, Rates: rates,
	Defaults: func() words.Options { return DefaultOptions().config() },
	Model:    "Skip-gram word vectors",
	Describe: func(*words.Options) string { return "skip-gram: each context word predicts the word" },
})

// UsualRate returns the usual initial learning rate for o: with weighted windows 0.05, or
// 0.03 for ten or more epochs; with drawn and full windows 0.025.
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
// Run.Start; o holds the options of the run. Output vectors are reused if vectors is a
// skip-gram model that was trained with negative sampling and opened with its training state.
// NewStart fails if the dimensions differ or no word of v is found.
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
