// Package cbow trains word vectors with the continuous bag of words and negative
// sampling (Mikolov, Chen, Corrado and Dean, "Efficient Estimation of Word
// Representations in Vector Space", 2013): the mean of the vectors around a word
// is asked to tell it from words drawn at random.
//
// Text, subsampling, noise, hierarchical softmax, character n-grams, threads and engines
// are those of package skipgram.
//
// # Windows
//
// With Windows "weighted", the default, the mean is weighted: a word at distance d
// counts (Window+1-d)/Window, which is how often a window of drawn reach would have it;
// the loss of a window counts by the sum of its weights. Each word moves by the true
// gradient of that mean. In "drawn" and "full" windows the mean is plain, and its
// gradient goes to each context word undivided, as in word2vec: a window of m words
// moves each of them m times as far as the true gradient would. İrsoy, Benton and
// Stratos ("Corrected CBOW Performs as well as Skip-gram", 2021) say why that is wrong.
// The usual learning rate is 0.035 in weighted windows, 0.03 from ten epochs on, and
// word2vec's 0.05 in others.
//
// # What a word's vector is
//
// With SumVectors, the default, the vector of a word is the sum of its row in the
// input table, where it is context, and its row in the output table, where it is what
// is asked for (Pennington, Socher and Manning, "GloVe", 2014, add the two; Levy, Goldberg
// and Dagan, "Improving Distributional Similarity with Lessons Learned from Word
// Embeddings", 2015, find it worth trying). The sum is taken when a model is saved or
// judged; the training goes on with the two tables, and a checkpoint keeps both.
// Hierarchical softmax has no output rows of words: there, with n-grams and with frozen
// vectors SumVectors must be off.
//
// # Other forms
//
// CBOWSum takes the sum of the vectors for their mean; long windows then count for
// more, and the gradient is the true one. PositionWeights lets the model learn how
// much each place in the window counts, by dimension: the mean is of d_p ⊙ x with a
// row d_p for each place p from -Window to Window (Mikolov, Grave, Bojanowski,
// Puhrsch and Joulin, "Advances in Pre-Training Distributed Word Representations",
// 2018), in windows that are not weighted. The rows begin at 1. Places are counted
// after subsampling. They are part of the training, not of the model.
package cbow

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
// vectors for Run.Start; o are the options of the run. A model folder of CBOW
// with negative sampling, opened with its state, gives its output vectors too. It is
// an error if the dimensions differ or no word is found.
func NewStart(ctx context.Context, vectors *exchange.Vectors, v *tokenize.Vocabulary, o Options) (*Start, error) {
	return training.NewStart(ctx, vectors, v, "cbow", o)
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

// DefaultOptions returns the defaults for CBOW: those of skip-gram, with learning rate
// 0.035 and summed vectors.
func DefaultOptions() Options {
	o := training.DefaultWordOptions()
	o.LearningRate, o.SumVectors = training.UsualRate("cbow", &o), true
	return o
}

// Train learns word vectors from run.Corpus and returns the checkpoint. It ends
// as skipgram.Train does.
func Train(ctx context.Context, o Options, run Run) (*checkpoints.Checkpoint, error) {
	return training.TrainWords(ctx, autograd.CBOW(), o, run)
}
