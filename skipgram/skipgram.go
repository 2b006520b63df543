// Package skipgram trains word vectors with skip-gram and negative sampling
// (Mikolov, Sutskever, Chen, Corrado and Dean, "Distributed Representations of
// Words and Phrases and their Compositionality", 2013): the words around a word
// are each asked to tell it from words drawn at random.
//
// # What happens to a corpus
//
// The text of an epoch is read in blocks of some 16,384 words, in another order in each
// epoch (Shuffle). Frequent words are dropped at random (Subsample). The words up to
// Window away from each word that is left are its context; windows end at the ends of
// lines. The Negative noise words are drawn once for a window and shared by its context
// words (Ji, Satish, Li and Dubey, "Parallelizing Word2Vec in Shared and Distributed
// Memory", 2016), which turns the work of a window into three small matrix products.
// The learning rate falls linearly from LearningRate to a ten-thousandth of it, a step
// with each block.
//
// # Windows
//
// Nearer words say more of a word. word2vec draws the reach of each window from 1 to
// Window, so that a word at distance d is in it with probability (Window+1-d)/Window. By
// default (Windows "weighted") every word of the full window counts, its loss multiplied
// by that number: the same objective in expectation, with less variance, for nothing is
// left to a draw. "drawn" is word2vec's way, the only one besides "full", where all
// words count alike, for hierarchical softmax. Distances are counted after subsampling.
//
// With less noise a step may be larger: the usual learning rate is 0.05 in weighted
// windows, 0.025 in others. From ten epochs on, which only small texts need and which
// learn them by heart, it is 0.03 in weighted windows.
//
// # Hierarchical softmax
//
// With Loss "hs" the word is found on its way down a Huffman tree instead (Morin and
// Bengio, 2005; Mikolov et al., 2013): each context word predicts every turn of the
// path, and the output rows are the tree's inner nodes. The loss is then that of the
// softmax over the vocabulary, -log p of the word, and no measure beside that of
// negative sampling.
//
// # Character n-grams
//
// With NGrams the vector of a word is the mean of a row of its own and of those of
// its character n-grams (Bojanowski, Grave, Joulin and Mikolov, "Enriching Word
// Vectors with Subword Information", 2017), which words that look alike share; a word
// that the text did not have gets the mean of its n-grams. Every row gains the full
// gradient of the mean, as in fastText.
//
// # Engines
//
// The objective exists as a fused operation (the default) and as a graph of
// gorgonia's stock operations (Engine: Graph), which is some hundred times
// slower and computes the same; see package autograd.
//
// # Threads
//
// Workers share the tables without locks. With Threads 1 two runs with the same
// options, text and seed on the same kind of processor give the same bytes; with
// Deterministic they do so at any number of threads, which then only prepare blocks
// for one that trains.
package skipgram

import (
	"context"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/training"
)

// Options are the options of the trainer; Validate names a field out of range.
type Options = training.WordOptions

// Run is what the trainer reads and whom it tells.
type Run = training.WordRun

// Event is what Run.Progress is told.
type Event = training.Event

// Validation, of Run, judges a model while it trains, by sets that are measured
// as often as a Cadence says.
type (
	Validation    = training.Validation
	ValidationSet = training.ValidationSet
	Cadence       = training.Cadence
)

// ErrDiverged is in the error of a training whose loss is no longer a number:
// its learning rate was too high.
var ErrDiverged = training.ErrDiverged

// Start is where a run begins instead of at random.
type Start = training.Start

// NewStart takes the vectors of the words of v, the corpus's vocabulary, out of
// vectors for Run.Start; o are the options of the run. A model folder of skip-gram
// with negative sampling, opened with its state, gives its output vectors too. It is
// an error if the dimensions differ or no word is found.
func NewStart(ctx context.Context, vectors *exchange.Vectors, v *tokenize.Vocabulary, o Options) (*Start, error) {
	return training.NewStart(ctx, vectors, v, "skipgram", o)
}

// Continue returns a checkpoint for Run.Resume from which the model of c goes on
// over new text: corpus was built with the vocabulary of c, or with that as
// BuildOptions.Base, to grow it. o are the options of the new run.
func Continue(c *checkpoints.Checkpoint, corpus *corpora.Corpus, o Options) (*checkpoints.Checkpoint, error) {
	return training.Continue(c, corpus, o)
}

// Engine is the type of Options.Engine.
type Engine = training.Engine

// The engines.
const (
	Fused = training.Fused
	Graph = training.Graph
)

// DefaultOptions returns the defaults for skip-gram: those of word2vec (dimension 100,
// window 5, 5 negatives, minimum count 5, 5 epochs) with subsampling 1e-4, weighted
// windows, blocks in another order in each epoch, and learning rate 0.05 with them.
func DefaultOptions() Options { return training.DefaultWordOptions() }

// Train learns word vectors from run.Corpus and returns the checkpoint.
//
// When ctx ends first, Train returns the unfinished checkpoint together with
// ctx's error; a Run with Resume set to it goes on where it stopped. Other
// errors are an option out of range, a corpus that cannot be read, a checkpoint
// that cannot be saved, and ErrDiverged for a loss that is no number.
func Train(ctx context.Context, o Options, run Run) (*checkpoints.Checkpoint, error) {
	return training.TrainWords(ctx, autograd.SkipGram(), o, run)
}
